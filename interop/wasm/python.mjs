// SPDX-License-Identifier: BSL-1.0

// Runs a module of interop/ in the CPython that comes as WebAssembly with the npm package pyodide:
//
//   node python.mjs PYODIDE MODULE
//
// Such a Python can start no processes. It is given `run_program(name, input)`, which runs one of
// the programs in $PICKLED_BIN on the bytes `input`, and returns what that writes.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [where, module] = process.argv.slice(2);
const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const { loadPyodide } = await import(pathToFileURL(path.resolve(where, "pyodide.mjs")));

function run_program(name, input) {
  const program = path.join(process.env.PICKLED_BIN, name);
  const bytes = input.toJs();
  const ran = spawnSync(program, { input: bytes, maxBuffer: 1 << 30 });
  if (ran.error) throw ran.error;
  if (ran.status !== 0) throw new Error(`${program} ended with ${ran.status}: ${ran.stderr}`);
  return new Uint8Array(ran.stdout);
}

const python = await loadPyodide();
python.mountNodeFS("/tree", tree);
python.globals.set("module", module);
python.globals.set("run_program", run_program);
process.exitCode = python.runPython(`
import importlib, sys
sys.path.insert(0, "/tree")
sys.dont_write_bytecode = True
importlib.import_module(module).main(lambda name, data: run_program(name, data).to_py().tobytes())
`);
