/** cli/report/picture/style.ts — PURE: the colours of the picture, on light and on dark; the same for the page around it. */

/** Every text has a contrast of 4.5 or more to what it stands on (WCAG 2.2, 1.4.3), every line 3 or more (1.4.11). */
export const LIGHT = `
--page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #566173; --line: #d9dee6; --edge: #8793a5; --accent: #2457c5; --tint: #eef3fd;
--depends: #8a5300; --depends-tint: #fdf3e0; --foreign: #b3203d; --foreign-tint: #fdecef; --sure: #4a5a72; --good: #1d6f42;`

export const DARK = `
--page: #12161d; --card: #1a202a; --ink: #e8ecf2; --soft: #a3afc0; --line: #313a48; --edge: #7f8da1; --accent: #8db4ff; --tint: #1f2a3d;
--depends: #f0b75e; --depends-tint: #35291a; --foreign: #ff92a5; --foreign-tint: #3c1f28; --sure: #aebbd0; --good: #7fd3a2;`

export const PICTURE_STYLE = `
.picture text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
.picture .name { font-size: 15px; font-weight: 650; }
.picture .about { font-size: 11.5px; fill: var(--soft); }
.picture .namespace { font-size: 12px; }
.picture .within { font-size: 11.5px; fill: var(--soft); }
.picture .box rect { fill: var(--card); stroke: var(--line); stroke-width: 1.25; }
.picture .tenant rect { fill: var(--tint); stroke: var(--accent); }
.picture .tenant .name { fill: var(--accent); }
.picture .rest rect { stroke: var(--edge); stroke-dasharray: 5 4; }
.picture .platform rect, .picture .outside rect { stroke: var(--edge); }
.picture .way { fill: none; stroke-width: 1.6; }
.picture .arrow .plate { fill: var(--card); }
.picture .arrow text { font-size: 11.5px; }
.picture .sure .way { stroke: var(--sure); } .picture .arrow text.sure { fill: var(--sure); } .picture .head.sure { fill: var(--sure); }
.picture .depends .way { stroke: var(--depends); stroke-dasharray: 6 4; } .picture .arrow text.depends { fill: var(--depends); }
.picture .head.depends { fill: var(--depends); }
.picture .foreign .way { stroke: var(--foreign); stroke-width: 2.4; } .picture .arrow text.foreign { fill: var(--foreign); font-weight: 600; }
.picture .head.foreign { fill: var(--foreign); }
.picture .key text { font-size: 11.5px; fill: var(--soft); }
.picture .title { font-size: 16px; font-weight: 650; }
.picture .backdrop { fill: var(--card); stroke: var(--line); }`
