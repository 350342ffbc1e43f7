// The base line: what any program pays that reads a plan as one document.
import { readFileSync } from "node:fs";

const begin = performance.now();
JSON.parse(readFileSync(process.argv[2]!, "utf8"));
console.log(performance.now() - begin);
