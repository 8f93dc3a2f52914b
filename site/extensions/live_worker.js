// Runs a page's cells away from the page, so that it stays alive and can stop them.
// Everything comes from this folder: Pyodide, packages as they are imported, the book's own files.
import { loadPyodide } from "./pyodide.mjs";

const here = new URL("./", import.meta.url).href;
const version = new URL(import.meta.url).search; // what a new edition changes is asked for anew
const HOME = "/book/chapters/here"; // notebooks read ../../data and ../../benchmarks
let kernel, toPython, running;

const tell = (message) => postMessage({ cell: running, ...message });

async function fetched(name) {
  const answer = await fetch(here + name + version);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
}

// An import cannot wait for a promise; a worker, unlike a page, may ask for a file and wait.
function fetchedAtOnce(name) {
  const request = new XMLHttpRequest();
  request.open("GET", here + name, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${name}: ${request.status}`);
  return request.response;
}

function importer(py, { packages }) {
  const owners = {};
  const loaded = new Set();
  for (const [name, { imports }] of Object.entries(packages))
    for (const module of imports) owners[module] = name;
  function load(name) {
    if (loaded.has(name)) return;
    loaded.add(name);
    const { depends, file_name, version } = packages[name];
    depends.forEach((other) => load(other.toLowerCase()));
    tell({ loading: name, version });
    py.unpackArchive(fetchedAtOnce(file_name), "wheel");
  }
  return (module) => {
    const name = owners[module];
    if (name === undefined || loaded.has(name)) return false;
    load(name);
    return true;
  };
}

async function start({ lacking }) {
  tell({ loading: "Python" });
  const lock = await (await fetched("pyodide-lock.json")).json();
  const [py, code, wheel, files] = await Promise.all([
    loadPyodide({ indexURL: here, lockFileContents: lock, packageBaseUrl: here, env: { HOME, MPLBACKEND: "module://live_kernel" } }),
    fetched("live_kernel.py").then((answer) => answer.text()),
    fetched("lsebook.whl").then((answer) => answer.arrayBuffer()),
    fetched("book.zip").then((answer) => answer.arrayBuffer()),
  ]);
  py.unpackArchive(wheel, "wheel");
  py.unpackArchive(files, "zip", { extractDir: "/" });
  py.FS.mkdirTree(HOME);
  py.FS.chdir(HOME);
  py.FS.writeFile("/home/live_kernel.py", code);
  const begin = py.runPython(`
import sys
sys.path.insert(0, "/home")
def begin(load, lacking):
    import live_kernel
    sys.meta_path.insert(0, live_kernel.Finder(load, set(lacking.to_py())))
    return live_kernel.Kernel()
begin`);
  kernel = begin(importer(py, lock), lacking);
  toPython = py;
}

function run(code) {
  let text = "";
  let sent = 0;
  const send = () => {
    if (text) tell({ printed: text });
    text = "";
    sent = performance.now();
  };
  const emit = (more) => {
    text += more;
    if (performance.now() - sent > 100) send();
  };
  try {
    const told = kernel.run(code, emit);
    const result = told.toJs({ dict_converter: Object.fromEntries });
    told.destroy();
    send();
    tell({ result });
  } catch (error) {
    send();
    tell({ result: { error: String(error.message ?? error), figures: [], cut: 0 } });
  }
}

let ready;
onmessage = async ({ data }) => {
  ready ??= start(data);
  try {
    running = data.cell;
    await ready;
  } catch (error) {
    tell({ failed: String(error.message ?? error) });
    return;
  }
  running = data.cell;
  tell({ began: true });
  run(data.code);
};
