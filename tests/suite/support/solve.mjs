// Solves a challenge with the official JavaScript library, as the widget does, and prints the value of its form
// field.
// Usage: node solve.mjs NODE_MODULES < challenge.json
import { createRequire } from "node:module";
import { webcrypto } from "node:crypto";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto;
const { resolve } = createRequire(`${process.argv[2]}/solve.mjs`);
const load = (name) => import(pathToFileURL(resolve(name)));
const { solveChallenge } = await load("altcha-lib");
const { deriveKey } = await load("altcha-lib/algorithms/pbkdf2");

const { parameters, signature } = JSON.parse(await text(process.stdin));
const challenge = { parameters, signature };
const solution = await solveChallenge({ challenge, deriveKey });
console.log(btoa(JSON.stringify({ challenge, solution })));
