/** bench/measure.ts — PURE: numbers from samples. */

export type Distribution = { readonly p50: number; readonly p99: number; readonly max: number; readonly n: number }

/** How far the figure can be trusted: the smallest sample, and the medians of the first, second and last third of the run. */
export type Noise = { readonly min: number; readonly thirds: readonly number[] }

/** Nearest rank: a value that was measured, never one between two. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function distributionOf(samples: readonly number[]): Distribution {
  return {
    p50: rounded(percentile(samples, 0.5)),
    p99: rounded(percentile(samples, 0.99)),
    max: rounded(Math.max(...samples)),
    n: samples.length,
  }
}

export function noiseOf(samples: readonly number[]): Noise {
  const length = Math.ceil(samples.length / 3)
  const thirds = [0, 1, 2].map((third) => samples.slice(third * length, (third + 1) * length)).filter((part) => part.length > 0)
  return { min: rounded(Math.min(...samples)), thirds: thirds.map((part) => rounded(percentile(part, 0.5))) }
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}
