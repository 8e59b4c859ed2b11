/** What can go wrong with a request: the server said no, or nothing is known. Messages never hold credentials. */

export type StatusCause = { readonly reason?: string; readonly message?: string; readonly field?: string }

/** `details` of a `Status` (k8s.io/apimachinery pkg/apis/meta/v1 StatusDetails). */
export type StatusDetails = {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

type Status = { readonly message?: unknown; readonly reason?: unknown; readonly details?: unknown; readonly code?: unknown }

/** The API server answered, and the answer is a refusal. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError'
  /** HTTP status. */
  readonly code: number
  /** Machine-readable, such as `NotFound`; empty when the answer was not a `Status` (a proxy's page, for example). */
  readonly reason: string
  readonly details: StatusDetails | undefined
  /** Seconds to stay away, from the header or the body. */
  readonly retryAfterSeconds: number | undefined

  constructor(fields: {
    readonly code: number
    readonly reason: string
    readonly message: string
    readonly details?: StatusDetails | undefined
    readonly retryAfterSeconds?: number | undefined
  }) {
    super(fields.message)
    this.code = fields.code
    this.reason = fields.reason
    this.details = fields.details
    this.retryAfterSeconds = fields.retryAfterSeconds
  }
}

/** `aborted`: by the caller; `connection`: refused, cut, unreachable; `protocol`: an answer that is not what HTTP or JSON allow. */
export type TransportFailure = 'aborted' | 'timeout' | 'connection' | 'protocol' | 'credentials'

/** There was no answer that could be understood. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: TransportFailure
  /** `no`: the request never left this process; `unknown`: the server may have done what was asked. */
  readonly applied: 'no' | 'unknown'

  constructor(
    message: string,
    fields: { readonly failure: TransportFailure; readonly applied: 'no' | 'unknown'; readonly cause?: unknown },
  ) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.failure = fields.failure
    this.applied = fields.applied
  }
}

/** The error that a response with a status of 300 or more stands for. `body` is its whole text; `retryAfter` the header's value. */
export function errorFromResponse(response: {
  readonly code: number
  readonly body: string
  readonly retryAfter?: string | undefined
  readonly request: string
}): KubeApiError {
  const { code, body, request } = response
  const status = parseStatus(body)
  const header = parseRetryAfter(response.retryAfter, Date.now())
  if (status !== undefined) return errorFromStatus(status, { code, retryAfterSeconds: header })
  const text = redact(body.replaceAll(/\s+/g, ' ').trim()).slice(0, 200)
  return new KubeApiError({
    code,
    reason: '',
    message: `HTTP ${code} from ${request}${text === '' ? '' : `: ${text}`}`,
    retryAfterSeconds: header,
  })
}

/** The error of a `Status` object, as a body or as the object of an ERROR watch event. `known` wins over what the status says. */
export function errorFromStatus(
  status: unknown,
  known: { readonly code?: number; readonly retryAfterSeconds?: number | undefined } = {},
): KubeApiError {
  const { message, reason, details, code } = (isRecord(status) ? status : {}) as Status
  const parsed = isRecord(details) ? (details as StatusDetails) : undefined
  const said = parsed?.retryAfterSeconds
  const effective = known.code ?? (typeof code === 'number' ? code : 500)
  return new KubeApiError({
    code: effective,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' && message !== '' ? redact(message) : `HTTP ${effective}`,
    details: parsed,
    retryAfterSeconds: known.retryAfterSeconds ?? (typeof said === 'number' && said > 0 ? said : undefined),
  })
}

/** Seconds from a Retry-After header: a number, or an HTTP date as a proxy may send it (RFC 9110 section 10.2.3). `now` in Unix ms. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000))
}

/** Text without what looks like a bearer token or a JSON Web Token. */
export function redact(text: string): string {
  return text
    .replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]{20,}/gi, '$1 [redacted]')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[redacted]')
}

export const isNotFound = (error: unknown): boolean => hasCode(error, 404)
export const isUnauthorized = (error: unknown): boolean => hasCode(error, 401)
export const isForbidden = (error: unknown): boolean => hasCode(error, 403)
export const isTooManyRequests = (error: unknown): boolean => hasCode(error, 429)
export const isInvalid = (error: unknown): boolean => hasCode(error, 422)
export const isAlreadyExists = (error: unknown): boolean => hasCode(error, 409) && hasReason(error, 'AlreadyExists')
/** The resourceVersion or a precondition no longer holds. Not true of AlreadyExists, which has the same HTTP status. */
export const isConflict = (error: unknown): boolean => hasCode(error, 409) && !hasReason(error, 'AlreadyExists')
/** The resourceVersion or continue token is too old: list again. */
export const isGone = (error: unknown): boolean => hasCode(error, 410) || hasReason(error, 'Expired') || hasReason(error, 'Gone')
/** A 403 that no permission will cure: the namespace is going away (NamespaceLifecycle admission). */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isForbidden(error) && (error as KubeApiError).details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true
/** Whether the same request may succeed later without anyone changing anything. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof TransportError
    ? error.failure !== 'aborted'
    : error instanceof KubeApiError && (error.code === 408 || error.code === 429 || error.code >= 500)
/** Whether it was this process that gave up. */
export const isAborted = (error: unknown): boolean => error instanceof TransportError && error.failure === 'aborted'

const hasCode = (error: unknown, code: number): boolean => error instanceof KubeApiError && error.code === code
const hasReason = (error: unknown, reason: string): boolean => error instanceof KubeApiError && error.reason === reason

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(body)
    return isRecord(value) && value.kind === 'Status' ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
