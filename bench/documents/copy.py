# Validates JSON documents, takes their digests, and copies them into PostgreSQL: arguments directory, database URL.
import csv, hashlib, json, os, subprocess, sys

directory, url = sys.argv[1:]
psql = subprocess.Popen(
    ["psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c",
     "copy documents (key, document, sha256, path, imported_by) from stdin (format csv)"],
    stdin=subprocess.PIPE, text=True)
rows = csv.writer(psql.stdin)
for folder, _, names in os.walk(directory):
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            content = file.read()
        document = json.loads(content)
        digest = hashlib.sha256(content).hexdigest()
        rows.writerow([document["id"], content.decode(), digest, os.path.relpath(path, directory), "import"])
psql.stdin.close()
sys.exit(psql.wait())
