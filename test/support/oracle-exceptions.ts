/** support/oracle-exceptions.ts — where the oracle's verdicts cannot or should not be ours, case by case: set/case, counted from 0. */

const cases = (text: string) => text.split(' ')

/** Pods that today's API server refuses itself, whatever policies say, and a part of its sentence. The genuine plugin never saw it. */
export const REFUSED_BY_API_SERVER: Readonly<Record<string, readonly string[]>> = {
  '`hostUsers` must be false to use `Unmasked`': cases(
    '2/6 11/6 67/0 94/3 116/0 116/1 127/3 130/0 131/6 131/8 132/1 145/9 156/2 158/4 160/7 187/8 197/4',
  ),
  "may not be specified when 'hostNetwork' is true": cases('34/5 46/0 54/9 58/7 77/4 95/8 125/8 131/2 150/4 191/2 192/2 196/2'),
  "may not be specified when 'hostIPC' is true": cases('28/6 60/3 70/8 75/9 124/0 132/8 152/1 160/3 178/4'),
  'hostPort: Duplicate value': cases('25/4 45/4 117/5 135/3 175/7'),
  'cannot set `allowPrivilegeEscalation` to false and `privileged` to true': cases(
    '1/7 7/8 17/0 18/1 19/1 19/4 21/8 22/8 24/9 27/9 28/3 28/4 34/4 37/5 49/5 53/1 65/4 71/6 72/8 75/6 82/0 82/6 83/5 84/0 86/7 90/8 98/0 101/2 109/8 109/9 113/2 113/3 114/5 128/4 133/0 134/2 135/0 137/2 139/4 140/0 141/9 146/4 146/9 147/3 150/2 151/1 167/1 168/2 168/8 169/2 172/7 174/2 176/3 182/8 185/4 185/5 189/6 194/3 194/9 199/2',
  ),
}

/** Judged as it is, the genuine plugin refuses these and we let them in. */
export const ALLOWED_BY_US: Readonly<Record<string, readonly string[]>> = {
  // Deliberate: it wanted each capability by its name.
  'the container drops ALL': cases('63/0'),
  /**
   * To judge, the plugin fills defaults in and refuses what that changes. We do not demand what is only a default: without
   * defaulting, no pod could do without saying it, and nothing would be safer.
   */
  'defaultAllowPrivilegeEscalation is not said': cases('1/1 1/4 1/6 1/8 1/9 4/1'),
  'capabilities of defaultAdd are not added': cases('65/3 185/3 185/6 185/8 185/9 199/8'),
  'the default runtime class is not named': cases('89/9'),
}

/** On creation, the genuine plugin lets these in and we refuse them. */
export const REFUSED_BY_US: Readonly<Record<string, readonly string[]>> = {
  // What the plugin makes of them, the API server refuses a moment later: see its sentence above.
  'allowPrivilegeEscalation: false would have to be filled in beside privileged: true': cases('0/7 52/5 55/4'),
}
