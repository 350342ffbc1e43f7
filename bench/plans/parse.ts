// The base line: what any program pays that reads a plan as one document.
import { readFileSync } from "node:fs";

const plan = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as { resource_changes: unknown[] };
console.log(plan.resource_changes.length);
