"""The frame of the report: HTML, style for light and dark, and a script that sorts."""

from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #fbfbfa; --ink: #1d1d1b; --quiet: #5f5f5b; --line: #d9d8d4; --plate: #eceae6; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #191919; --ink: #ececea; --quiet: #a5a5a0; --line: #3a3a38; --plate: #242423; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(0.8rem, 3vw, 2.5rem) 4rem; max-width: 110rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
small { color: var(--quiet); font-weight: normal; font-size: 0.85rem; }
.wide { overflow-x: auto; margin: 0 0 1.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.35rem 1.1rem 0.35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; font-size: 0.9rem; }
details { color: var(--quiet); font-size: 0.9rem; max-width: 46rem; margin: 0 0 2rem; }
summary { cursor: pointer; }
.order { position: sticky; top: 0; z-index: 1; margin: 0 0 1rem; padding: 0.6rem 0; background: var(--paper);
  border-bottom: 1px solid var(--line); }
select { font: inherit; max-width: 100%; padding: 0.25rem 0.4rem; color: inherit; background: var(--plate);
  border: 1px solid var(--line); border-radius: 4px; }
section { margin: 0 0 2rem; content-visibility: auto; contain-intrinsic-size: auto 24rem; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, max(9.5rem, 15vw)), 1fr)); gap: 0.8rem; }
figure { margin: 0; background: var(--plate); border-radius: 4px; overflow: hidden; display: flex; flex-direction: column; }
figure a { display: flex; justify-content: center; }
img { display: block; max-width: 100%; width: auto; height: auto; max-height: 60vh; }
figcaption { padding: 0.4rem 0.6rem 0.5rem; font-size: 0.85rem; line-height: 1.4; }
figcaption b { display: block; overflow-wrap: anywhere; }
figcaption span { display: inline-block; margin-right: 0.7rem; color: var(--quiet); white-space: nowrap; }
footer { color: var(--quiet); font-size: 0.85rem; }
"""

SCRIPT = """
const photos = document.getElementById("photos");
const by = document.getElementById("by"), end = document.getElementById("end");
function sort() {
  const order = by.selectedOptions[0].dataset.worst * end.value;
  const figure = section => Number(section.dataset.figures.split(" ")[by.value]);
  const compare = (a, b) => figure(a) === figure(b) ? 0 : order * (figure(a) < figure(b) ? -1 : 1);
  photos.append(...[...photos.children].sort(compare));
}
if (photos) { by.onchange = end.onchange = sort; sort(); }
"""

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of photo enhancement</title>
<style>$style</style>
</head>
<body>
<h1>Evaluation with $count photos</h1>
$tables
<details><summary>How it was measured</summary><ul>
$notes
</ul></details>
$photos
<footer>Written by dpe evaluate $version.</footer>
<script>$script</script>
</body>
</html>
""")
