// The chart of a report, drawn by Chart.js from the numbers of its table. Without this script the table stands alone.
(() => {
  "use strict";
  const box = document.querySelector("[data-chart]");
  const data = document.getElementById("chart-data");
  if (!box || !data || !window.Chart) return;
  const asked = JSON.parse(data.textContent);
  const canvas = box.querySelector("canvas");
  const read = box.querySelector("[data-chart-read]");
  let chart = null;
  let place = -1;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const shown = (value) => (value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: 1 }) + (asked.unit ? ` ${asked.unit}` : ""));

  const short = (label) => (label.length > 22 ? `${label.slice(0, 21)}…` : label);

  const ground = { id: "ground", beforeDraw(drawn) { // a picture that is pasted elsewhere has no page behind it
    drawn.ctx.save();
    drawn.ctx.fillStyle = colour("--ground");
    drawn.ctx.fillRect(0, 0, drawn.width, drawn.height);
    drawn.ctx.restore();
  } };

  function series(each, n) {
    const line = colour(`--series-${(n % 7) + 1}`);
    return { label: each.label, data: each.values, backgroundColor: line, borderColor: line, borderWidth: 2, maxBarThickness: 40, tension: 0, spanGaps: false };
  }

  function draw() {
    if (chart) chart.destroy();
    const isStacked = asked.shape === "stacked";
    const text = { color: colour("--text") };
    const grid = { color: colour("--line") };
    chart = new window.Chart(canvas, {
      type: asked.shape === "lines" ? "line" : "bar",
      data: { labels: asked.labels, datasets: asked.series.map(series) },
      plugins: [ground],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { display: asked.series.length > 1, labels: { ...text, boxWidth: 12 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${shown(item.raw)}` } },
        },
        scales: {
          x: { stacked: isStacked, ticks: { ...text, maxRotation: 60, autoSkip: true, callback: (_, n) => short(asked.labels[n]) }, grid: { display: false } },
          y: { stacked: isStacked, beginAtZero: true, ticks: { ...text, callback: (value) => shown(value) }, grid },
        },
      },
    });
  }

  function go(to) {
    place = Math.min(Math.max(to, 0), asked.labels.length - 1);
    const points = asked.series.map((_, datasetIndex) => ({ datasetIndex, index: place }));
    chart.setActiveElements(points);
    chart.tooltip.setActiveElements(points, { x: 0, y: 0 });
    chart.update();
    read.textContent = `${asked.labels[place]}: ${asked.series.map((each) => `${each.label} ${shown(each.values[place])}`).join(", ")}`;
  }

  canvas.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: asked.labels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });

  box.querySelector("[data-chart-save]").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = `${asked.name}.png`;
    link.click();
  });

  const copy = box.querySelector("[data-chart-copy]");
  if (!(navigator.clipboard && window.ClipboardItem)) copy.hidden = true;
  copy.addEventListener("click", () => canvas.toBlob(async (picture) => {
    try {
      await navigator.clipboard.write([new window.ClipboardItem({ "image/png": picture })]);
      read.textContent = "The picture is copied.";
    } catch {
      read.textContent = "The browser did not allow copying. Save the picture instead.";
    }
  }));

  box.hidden = false;
  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
})();
