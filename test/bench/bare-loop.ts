/**
 * bench/bare-loop.ts — a program: creates the objects of a file as fast as HTTP lets it, 32 at a time, and does nothing else. What an
 * operator that costs nothing would take. Its arguments are a kubeconfig and a JSON file of paths and objects.
 */

import { readFileSync } from 'node:fs'
import { connect } from './api.ts'

const IN_FLIGHT = 32

const [kubeconfig = '', file = ''] = process.argv.slice(2)
const objects = JSON.parse(readFileSync(file, 'utf8')) as { readonly path: string; readonly object: object }[]
const api = connect(kubeconfig, IN_FLIGHT)
const next = objects.values()
const start = performance.now()
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    for (const { path, object } of next) await api.request('POST', path, object)
  }),
)
process.stdout.write(String((performance.now() - start) / 1000))
await api.close()
