// @ts-check
// Checks a conversation with the stand-in against GitHub's own description of its API, on both sides: that the requests
// of ddstask are ones that GitHub knows, and that the stand-in answers what GitHub would.
//
//   node check.mjs FOLDER < CONVERSATION
//
// FOLDER has `node_modules` with @octokit/openapi, ajv and ajv-formats. The conversation is one JSON object a line:
// { method, target, request, status, answer }. Each finding is a line on stdout, each operation that was seen one on
// stderr; the exit code is 1 when there are findings.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** @typedef {{ method: string, target: string, request: unknown, status: number, answer: unknown }} Exchange */

const folder = path.resolve(process.argv[2] ?? '.');
const load = createRequire(path.join(folder, 'package.json'));
const { default: Ajv } = load('ajv');
const { default: addFormats } = load('ajv-formats');

const file = path.join(folder, 'node_modules/@octokit/openapi/generated/api.github.com.json');
const api = JSON.parse(readFileSync(file, 'utf8'));
allowNull(api);

// The description has keywords of its own, and formats that say less than the type.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, coerceTypes: false });
addFormats(ajv);
ajv.addSchema(api, 'api', false, false);
// In an address everything is text.
const lenient = new Ajv({ strict: false, coerceTypes: true });
addFormats(lenient);
lenient.addSchema(api, 'api', false, false);

/**
 * OpenAPI 3.0 has `nullable` also where there is no type beside it, and GitHub's description says it of lists of values
 * that leave null out (the conclusion of a job that still runs).
 * @param {any} node
 */
function allowNull(node) {
  if (node === null || typeof node !== 'object') return;
  Object.values(node).forEach(allowNull);
  if (node.nullable === true && Array.isArray(node.enum) && !node.enum.includes(null)) node.enum.push(null);
  if (node.nullable === true && node.type === undefined && !Array.isArray(node)) {
    const { nullable: _, ...rest } = node;
    Object.keys(node).forEach((key) => delete node[key]);
    node.anyOf = [{ type: 'null' }, rest];
  }
}

/** @param {string} pointer a JSON pointer, `#/…` */
const at = (pointer) =>
  pointer.slice(2).split('/').reduce((node, part) => node[part.replaceAll('~1', '/').replaceAll('~0', '~')], api);

/** @param {...string} parts */
const pointer = (...parts) => `#/${parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;

/** Follows references. @param {string} from @returns {string} */
const resolved = (from) => (typeof at(from)?.$ref === 'string' ? resolved(at(from).$ref) : from);

/**
 * What is wrong with a value.
 * @param {any} validator @param {string} schema a pointer @param {unknown} value
 * @returns {string[]}
 */
function wrong(validator, schema, value) {
  const validate = validator.compile({ $ref: `api${schema}` });
  return validate(value) ? [] : validate.errors.map((/** @type {any} */ e) => `${e.instancePath || 'the value'} ${e.message}`);
}

/** The path of the description that fits; one with more fixed parts goes before others. @param {string} actual */
function template(actual) {
  const parts = actual.split('/');
  const fits = Object.keys(api.paths).filter((known) => {
    const own = known.split('/');
    return own.length === parts.length && own.every((part, i) => part.startsWith('{') || part === decodeURIComponent(parts[i]));
  });
  return fits.sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** @param {Exchange} exchange @returns {string[]} */
function findings({ method, target, request, status, answer }) {
  const url = new URL(target, 'http://api');
  const known = template(url.pathname);
  if (!known) return [`there is no path ${url.pathname}`];
  const verb = method.toLowerCase();
  const operation = api.paths[known][verb];
  if (!operation) return [`${known} knows no ${method}`];
  console.error(`${method} ${known} ${status}`);
  const found = [];
  const base = ['paths', known, verb];
  const parameters = (operation.parameters ?? []).map((/** @type {any} */ _, /** @type {number} */ i) => resolved(pointer(...base, 'parameters', String(i))));
  for (const [name, value] of url.searchParams) {
    const parameter = parameters.find((/** @type {string} */ p) => at(p).in === 'query' && at(p).name === name);
    if (!parameter) found.push(`it has no parameter ${name}`);
    else found.push(...wrong(lenient, `${parameter}/schema`, value).map((why) => `${name}: ${why}`));
  }
  if (request !== null) {
    const body = resolved(pointer(...base, 'requestBody'));
    found.push(...wrong(ajv, `${body}/content/application~1json/schema`, request).map((why) => `request: ${why}`));
    const properties = at(`${body}/content/application~1json/schema`).properties ?? {};
    found.push(...Object.keys(request ?? {}).filter((key) => !(key in properties)).map((key) => `the request has no key ${key}`));
  }
  if (operation.responses[status] === undefined) {
    // Few of the refusals are described; all have one form.
    if (status < 400) found.push(`it never answers ${status}`);
    else found.push(...wrong(ajv, '#/components/schemas/basic-error', answer));
    return found;
  }
  const response = resolved(pointer(...base, 'responses', String(status)));
  if (!at(response).content) {
    if (answer !== null) found.push('the answer has a body, and none is described');
  } else {
    found.push(...wrong(ajv, `${response}/content/application~1json/schema`, answer).map((why) => `answer: ${why}`));
  }
  return found;
}

const exchanges = readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => /** @type {Exchange} */ (JSON.parse(line)));
const lines = new Set(exchanges.flatMap((exchange) =>
  findings(exchange).map((finding) => `${exchange.method} ${exchange.target} ${exchange.status}: ${finding}`)));
for (const line of lines) console.log(line);
if (exchanges.length === 0) console.log('there was no conversation');
process.exitCode = lines.size > 0 || exchanges.length === 0 ? 1 : 0;
