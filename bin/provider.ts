import { enableCompileCache } from "../lib/core/compile-cache";

enableCompileCache({ files: __dirname, purpose: process.argv[2] ?? "serve" });
void import("../lib/provider/main.js");
