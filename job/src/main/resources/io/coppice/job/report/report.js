'use strict';
// Draws the charts from the numbers in the page; each function gives ECharts' options and a height.
(() => {
  const MONO = 'system-ui, sans-serif';

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const PALETTE = ['calibration', 'held-out', 'third', 'fourth', 'fifth', 'sixth'];
  const SYMBOLS = ['circle', 'diamond', 'triangle', 'rect', 'pin', 'arrow'];
  const DASHES = ['solid', 'dashed', 'dotted'];
  const colour = (i) => css(PALETTE[i % PALETTE.length]);

  /** Four significant digits. */
  const number = (value) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return '–';
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };
  const short = (value) => {
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(0) : String(Number(value.toPrecision(2)));
  };
  const duration = (seconds) => {
    if (seconds < 60) return Number(seconds.toFixed(seconds < 10 ? 1 : 0)) + ' s';
    const whole = Math.round(seconds);
    return whole < 3600
      ? Math.floor(whole / 60) + ' min' + (whole % 60 ? ' ' + (whole % 60) + ' s' : '')
      : Math.floor(whole / 3600) + ' h' + (whole % 3600 >= 60 ? ' ' + Math.floor((whole % 3600) / 60) + ' min' : '');
  };
  const log = (value) => (value > 0 ? Math.log10(value) : null);

  const text = () => ({ color: css('text'), fontFamily: MONO, fontSize: 12 });
  const soft = () => ({ color: css('soft'), fontFamily: MONO, fontSize: 12 });
  const tooltip = (formatter, trigger) => ({
    trigger: trigger || 'item',
    renderMode: 'richText',
    confine: true,
    backgroundColor: css('card'),
    borderColor: css('line'),
    textStyle: text(),
    formatter,
  });
  const axis = (more) => ({
    nameTextStyle: soft(),
    axisLabel: soft(),
    axisLine: { lineStyle: { color: css('line') } },
    axisTick: { lineStyle: { color: css('line') } },
    splitLine: { lineStyle: { color: css('line') } },
    ...more,
  });
  /** A logarithmic axis whose ends are not rounded to powers of ten: the numbers are logarithms. */
  const logAxis = (more) => {
    const made = axis({ type: 'value', scale: true, splitNumber: 4, ...more });
    made.axisLabel = { ...made.axisLabel, formatter: (value) => short(10 ** value) };
    return made;
  };
  const legend = (names, width, icons) => ({
    type: 'plain',
    top: 0,
    left: 0,
    right: 0,
    itemWidth: 30,
    textStyle: text(),
    data: icons || names,
    lines: rowsOf(names, width),
  });
  const rowsOf = (names, width) => {
    let rows = 1;
    let used = 0;
    for (const name of names) {
      const needs = 48 + 7 * name.length;
      if (used > 0 && used + needs > width) {
        rows++;
        used = 0;
      }
      used += needs;
    }
    return rows;
  };
  const blockName = (block) => 'block ' + block;

  /** Lines over blocks, a grid for each group; the earlier a wave, the fainter. */
  function errors(data, width) {
    const named = data.groups.length > 1;
    const series = [];
    const names = new Set();
    data.groups.forEach((group, g) =>
      group.waves.forEach((wave, w) => {
        const last = w === group.waves.length - 1;
        const suffix = group.waves.length > 1 ? ', wave ' + wave.wave : '';
        [['calibration', wave.calibration], ['held out', wave.heldOut]].forEach(([what, points], i) => {
          const shown = points.map(([x, y]) => [String(x), y > 0 ? log(y) : null]);
          if (!shown.some((point) => point[1] !== null)) return;
          names.add(what + suffix);
          series.push({
            name: what + suffix,
            type: 'line',
            xAxisIndex: g,
            yAxisIndex: g,
            data: shown,
            symbol: SYMBOLS[i],
            symbolSize: last ? 8 : 5,
            itemStyle: { color: colour(i), opacity: last ? 1 : 0.55 },
            lineStyle: { color: colour(i), width: last ? 2.5 : 1, type: DASHES[i], opacity: last ? 1 : 0.55 },
          });
        });
      }),
    );
    const key = legend([...names], width);
    const top = key.lines * 24 + 14;
    const tall = 250;
    const blocks = (group) => [...new Set(group.waves.flatMap((wave) => wave.calibration.map(([x]) => String(x))))];
    return {
      height: top + data.groups.length * tall,
      option: {
        legend: key,
        title: named
          ? data.groups.map((group, g) => ({
              text: group.kept ? group.name : 'level ' + group.name,
              top: top + g * tall - 6,
              left: 44,
              textStyle: { ...text(), fontWeight: 'bold' },
            }))
          : [],
        grid: data.groups.map((group, g) => ({
          left: 50,
          right: 14,
          top: top + g * tall + (named ? 16 : 6),
          height: tall - (named ? 76 : 62),
        })),
        xAxis: data.groups.map((group, g) =>
          axis({ type: 'category', gridIndex: g, data: blocks(group), name: 'block', nameLocation: 'middle', nameGap: 26, boundaryGap: blocks(group).length < 2 }),
        ),
        yAxis: data.groups.map((group, g) => logAxis({ gridIndex: g })),
        tooltip: tooltip(
          (points) => [blockName(points[0].axisValue), ...points.filter((p) => p.value[1] !== null).map((p) => p.seriesName + ': ' + number(10 ** p.value[1]))].join('\n'),
          'axis',
        ),
        series,
      },
    };
  }

  /** Held-out over calibration error, and the limit above which it counts as overfitting. */
  function gap(data, width) {
    return lines(
      data.groups.map((group) => ({ ...group, name: data.groups.length > 1 ? group.name : 'held out ÷ calibration' })),
      width,
      { limit: data.limit },
    );
  }

  function compared(data, width) {
    return lines(data.groups, width, { log: true });
  }

  function lines(groups, width, how) {
    const shownGroups = groups.filter((group) => group.values.some(([, y]) => y !== null));
    const value = (y) => (how.log ? log(y) : y);
    const real = (y) => (how.log ? 10 ** y : y);
    const blocks = [...new Set(groups.flatMap((group) => group.values.map(([x]) => String(x))))];
    const key = legend(shownGroups.map((group) => group.name), width);
    const top = key.lines * 24 + 14;
    const highest = Math.max(...shownGroups.flatMap((group) => group.values.map(([, y]) => y)));
    const lowest = Math.min(...shownGroups.flatMap((group) => group.values.map(([, y]) => (y === null ? Infinity : y))));
    const range = how.limit ? { min: Math.min(0.9, Math.floor(lowest * 10) / 10), max: Math.max(1.3, Math.ceil(highest * 10) / 10) } : {};
    return {
      height: shownGroups.length ? top + 200 : 0,
      option: {
        legend: key,
        grid: { left: 50, right: 14, top, height: 146 },
        xAxis: axis({ type: 'category', data: blocks, name: 'block', nameLocation: 'middle', nameGap: 26, boundaryGap: blocks.length < 2 }),
        yAxis: how.log ? logAxis({}) : axis({ type: 'value', scale: true, splitNumber: 4, ...range }),
        tooltip: tooltip(
          (points) => [blockName(points[0].axisValue), ...points.filter((p) => p.value[1] !== null).map((p) => p.seriesName + ': ' + number(real(p.value[1])))].join('\n'),
          'axis',
        ),
        series: shownGroups.map((group, g) => ({
          name: group.name,
          type: 'line',
          data: group.values.map(([x, y]) => [String(x), y === null ? null : value(y)]),
          symbol: SYMBOLS[g % SYMBOLS.length],
          symbolSize: 8,
          itemStyle: { color: colour(g) },
          lineStyle: { color: colour(g), width: 2, type: DASHES[g % DASHES.length] },
          markLine:
            how.limit && g === 0
              ? {
                  silent: true,
                  symbol: 'none',
                  lineStyle: { color: css('bad'), type: 'dotted' },
                  label: { ...text(), position: 'insideEndTop', formatter: 'overfitted above ' + how.limit },
                  data: [{ yAxis: how.limit }],
                }
              : undefined,
        })),
      },
    };
  }

  /** A small chart for each block. */
  function losses(data, width) {
    const most = data.blocks.length > 24 ? 6 : 4;
    const columns = Math.max(1, Math.min(most, Math.floor(width / (width < 520 ? 160 : 175))));
    const cell = { width: width / columns, height: 165 };
    const key = legend(['calibration', 'held out'], width);
    const top = 34;
    const grids = [];
    const titles = [];
    const xAxes = [];
    const yAxes = [];
    const series = [];
    data.blocks.forEach((block, b) => {
      const left = (b % columns) * cell.width;
      const y = top + Math.floor(b / columns) * cell.height;
      grids.push({ left: left + 44, width: cell.width - 56, top: y + 20, height: cell.height - 52 });
      titles.push({ text: blockName(block.block), left: left + 40, top: y - 4, textStyle: { ...text(), fontWeight: 'bold' } });
      xAxes.push(axis({ type: 'value', gridIndex: b, minInterval: 1, splitNumber: 3, splitLine: { show: false }, max: 'dataMax' }));
      yAxes.push(logAxis({ gridIndex: b, splitNumber: 2 }));
      block.waves.forEach((wave) =>
        ['calibration', 'held out'].forEach((name, i) => {
          const points = wave.points.map((point) => ({ value: [point[0], point[i + 1] > 0 ? log(point[i + 1]) : null], wave: wave.wave }));
          if (!points.some((point) => point.value[1] !== null)) return;
          const kept = points[wave.kept];
          kept.symbol = 'circle';
          kept.symbolSize = 8;
          kept.itemStyle = { color: css('card'), borderColor: colour(i), borderWidth: 2 };
          series.push({
            name,
            type: 'line',
            xAxisIndex: b,
            yAxisIndex: b,
            data: points,
            symbol: SYMBOLS[i],
            symbolSize: 3,
            showAllSymbol: true,
            itemStyle: { color: colour(i) },
            lineStyle: { color: colour(i), width: 1.5, type: DASHES[i] },
          });
        }),
      );
    });
    return {
      height: top + Math.ceil(data.blocks.length / columns) * cell.height,
      option: {
        legend: key,
        title: titles,
        grid: grids,
        xAxis: xAxes,
        yAxis: yAxes,
        tooltip: tooltip((p) => 'wave ' + p.data.wave + ', after ' + p.value[0] + ' epochs\n' + p.seriesName + ': ' + number(10 ** p.value[1])),
        series,
      },
    };
  }

  const categories = (names, width) => ({
    ...axis({ type: 'category', inverse: true, data: names, axisTick: { show: false } }),
    axisLabel: { ...text(), width: labelWidth(names, width), overflow: 'break', lineHeight: 15 },
  });
  const labelWidth = (names, width) => Math.min(0.4 * width, 10 + 6.6 * Math.max(...names.map((name) => name.length)));
  const reference = (value) => ({
    silent: true,
    symbol: 'none',
    lineStyle: { color: css('text'), type: 'dotted' },
    label: { ...text(), position: 'start', formatter: 'dense ' + number(value) },
    data: [{ xAxis: value }],
  });
  const rowHeight = (names, width) =>
    Math.max(28, 17 * Math.max(...names.map((name) => Math.ceil((6.6 * name.length) / labelWidth(names, width)))) + 8);

  function bars(data, width, show) {
    const format = show || number;
    const names = data.items.map((item) => item.name);
    const top = data.reference ? 24 : 6;
    const height = rowHeight(names, width);
    return {
      height: top + names.length * height + 34,
      option: {
        grid: { left: labelWidth(names, width) + 12, right: 64, top, bottom: 28 },
        xAxis: axis({ type: 'value', splitNumber: 3, axisLabel: { ...soft(), formatter: format, hideOverlap: true } }),
        yAxis: categories(names, width),
        tooltip: tooltip((p) => p.name + ': ' + format(p.value)),
        series: [
          {
            type: 'bar',
            barMaxWidth: 18,
            data: data.items.map((item) => ({
              value: item.value,
              itemStyle: { color: item.name === 'dense' ? css('stage') : css('accent') },
            })),
            label: { show: true, position: 'right', ...text(), formatter: (p) => format(p.value) },
            markLine: data.reference ? reference(data.reference) : undefined,
          },
        ],
      },
    };
  }

  function seconds(data, width) {
    return bars(data, width, duration);
  }

  /** Means with their deviations. */
  function ranges(data, width) {
    const names = data.items.map((item) => item.name);
    const top = data.reference ? 24 : 6;
    const items = data.items.map((item, i) => [item.value, i, item.deviation || 0]);
    return {
      height: top + names.length * rowHeight(names, width) + 34,
      option: {
        grid: { left: labelWidth(names, width) + 12, right: 64, top, bottom: 28 },
        xAxis: axis({ type: 'value', scale: true, min: data.reference ? (range) => Math.floor(Math.min(range.min, data.reference)) : null, splitNumber: 3, axisLabel: { ...soft(), hideOverlap: true } }),
        yAxis: categories(names, width),
        tooltip: tooltip((p) => names[p.value[1]] + ': ' + number(p.value[0]) + (p.value[2] ? ' ± ' + number(p.value[2]) : '')),
        series: [
          {
            type: 'custom',
            data: items,
            encode: { x: 0, y: 1 },
            renderItem: (params, api) => {
              const y = api.coord([0, api.value(1)])[1];
              const from = api.coord([api.value(0) - api.value(2), 0])[0];
              const to = api.coord([api.value(0) + api.value(2), 0])[0];
              const style = { stroke: css('accent'), lineWidth: 2 };
              const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style });
              return { type: 'group', children: [line(from, y, to, y), line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4)] };
            },
          },
          {
            type: 'scatter',
            data: items,
            symbolSize: 10,
            itemStyle: { color: css('accent') },
            label: { show: true, position: 'top', distance: 3, ...text(), formatter: (p) => number(p.value[0]) },
            markLine: data.reference ? reference(data.reference) : undefined,
          },
        ],
      },
    };
  }

  /** Calibration and held-out errors of each row. */
  function pairs(data, width) {
    const names = data.items.map((item) => item.name);
    const key = legend(['calibration', 'held out'], width);
    const marks = (name, field, i) => ({
      name,
      type: 'scatter',
      symbol: SYMBOLS[i],
      symbolSize: 11,
      itemStyle: { color: colour(i) },
      data: data.items.map((item, row) => [item[field] > 0 ? log(item[field]) : null, row]).filter((point) => point[0] !== null),
    });
    return {
      height: 34 + names.length * rowHeight(names, width) + 30,
      option: {
        legend: key,
        grid: { left: labelWidth(names, width) + 12, right: 20, top: 34, bottom: 28 },
        xAxis: { ...logAxis({ splitNumber: 3 }) },
        yAxis: { ...categories(names, width), splitLine: { show: true, lineStyle: { color: css('line') } } },
        tooltip: tooltip((p) => names[p.value[1]] + '\n' + p.seriesName + ': ' + number(10 ** p.value[0])),
        series: [marks('calibration', 'calibration', 0), marks('held out', 'heldOut', 1)],
      },
    };
  }

  const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  /** A colour between the two ends of the scale, and that of text on it. */
  const shade = (share) => {
    const low = channels(css('low'));
    const high = channels(css('high'));
    const rgb = low.map((c, i) => Math.round(c + share * (high[i] - c)));
    return { fill: 'rgb(' + rgb.join(',') + ')', on: luminance(rgb) > 0.18 ? '#000000' : '#ffffff' };
  };

  function sparsity(data, width) {
    const left = 62;
    const cell = (width - left - 10) / data.layers.length;
    const tall = data.blocks.length > 40 ? 18 : 24;
    const labelled = cell >= 34;
    const upright = cell >= 70;
    const top = upright ? 24 : 66;
    return {
      height: top + 8 + data.blocks.length * tall,
      option: {
        grid: { left, right: 10, top, height: data.blocks.length * tall },
        xAxis: {
          ...axis({ type: 'category', data: data.layers, position: 'top', axisTick: { show: false } }),
          axisLabel: { ...text(), interval: 0, rotate: upright ? 0 : 50 },
        },
        yAxis: { ...axis({ type: 'category', inverse: true, data: data.blocks.map(blockName), axisTick: { show: false } }), axisLabel: text() },
        tooltip: tooltip((p) => blockName(data.blocks[p.value[1]]) + ', ' + data.layers[p.value[0]] + ': ' + (100 * p.value[2]).toFixed(2) + ' % zeros'),
        series: [
          {
            type: 'custom',
            data: data.values,
            encode: { x: 0, y: 1 },
            renderItem: (params, api) => {
              const share = api.value(2);
              const [x, y] = api.coord([api.value(0), api.value(1)]);
              const colours = shade(share);
              const box = { type: 'rect', shape: { x: x - cell / 2 + 1, y: y - tall / 2 + 1, width: cell - 2, height: tall - 2 }, style: { fill: colours.fill } };
              const label = {
                type: 'text',
                style: { text: (100 * share).toFixed(cell < 46 ? 0 : 1), x, y, align: 'center', verticalAlign: 'middle', fill: colours.on, font: '12px ' + MONO },
              };
              return { type: 'group', children: labelled ? [box, label] : [box] };
            },
          },
        ],
      },
    };
  }

  /** Stages, and below them the tasks of each executor. */
  function timeline(data, width) {
    const tall = 24;
    const left = 58;
    const names = data.lanes.map((lane, i) => (i === 0 || lane === '' || lane === 'driver' ? lane : 'exec. ' + lane));
    const kind = (task) => (task.what === 'pruning' ? 'pruning' : 'training, wave ' + task.wave);
    const kinds = [...new Set(data.tasks.map(kind))].sort();
    const groups = [
      { name: 'stages', fill: css('line'), bars: data.stages.map((bar) => ({ ...bar, label: bar.name, tip: bar.name })) },
      ...kinds.map((name, i) => ({
        name,
        fill: colour([0, 2, 3, 5, 1, 4][i % 6]),
        bars: data.tasks
          .filter((task) => kind(task) === name)
          .map((task) => ({ ...task, label: task.blocks, tip: task.what + ' of block ' + task.blocks + ', level ' + task.level + ', wave ' + task.wave })),
      })),
    ];
    const key = legend(groups.map((group) => group.name), width);
    const top = key.lines * 24 + 10;
    const bar = (group, index, api) => {
      const one = group.bars[index];
      const [x1, y] = api.coord([one.begin, one.lane]);
      const wide = Math.max(2, api.coord([one.end, one.lane])[0] - x1);
      const box = { type: 'rect', shape: { x: x1, y: y - tall / 2 + 2, width: wide, height: tall - 4, r: 2 }, style: { fill: group.fill, stroke: css('card'), lineWidth: 1 } };
      if (wide < (one.name ? 34 : 8 + 7 * one.label.length)) return { type: 'group', children: [box] };
      const ink = luminance(channels(group.fill)) > 0.18 ? '#000000' : '#ffffff';
      const label = {
        type: 'text',
        style: { text: one.label, x: x1 + 5, y, width: wide - 8, overflow: 'truncate', ellipsis: '…', verticalAlign: 'middle', fill: ink, font: '12px ' + MONO },
      };
      return { type: 'group', children: [box, label] };
    };
    return {
      height: top + data.lanes.length * tall + 40,
      option: {
        legend: key,
        grid: { left, right: 36, top, height: data.lanes.length * tall },
        xAxis: axis({ type: 'value', min: 0, max: 'dataMax', splitNumber: Math.max(2, Math.floor(width / 150)), axisLabel: { ...soft(), formatter: duration, hideOverlap: true } }),
        yAxis: { ...axis({ type: 'category', inverse: true, data: names, axisTick: { show: false } }), axisLabel: { ...text(), interval: 0, width: left - 8, overflow: 'truncate' } },
        tooltip: tooltip((p) => {
          const one = groups[p.seriesIndex].bars[p.dataIndex];
          return one.tip + '\n' + duration(one.end - one.begin) + ', from ' + duration(one.begin) + ' on';
        }),
        series: groups.map((group) => ({
          name: group.name,
          type: 'custom',
          clip: true,
          itemStyle: { color: group.fill },
          encode: { x: [1, 2], y: 0 },
          data: group.bars.map((one) => [one.lane, one.begin, one.end]),
          renderItem: (params, api) => bar(group, params.dataIndex, api),
        })),
      },
    };
  }

  const KINDS = { errors, gap, compared, losses, bars, seconds, ranges, pairs, sparsity, timeline };
  const charts = JSON.parse(document.getElementById('data').textContent);
  const drawn = new Map();

  function draw(chart, width) {
    const element = document.getElementById(chart.id);
    // Where the page is not laid out yet, nothing has a width; it is drawn again when it has.
    const across = width || Math.max(200, element.clientWidth);
    const { option, height } = KINDS[chart.kind](chart.data, across);
    if (!height) {
      element.closest('figure').hidden = true;
      return;
    }
    element.style.height = height + 'px';
    drawn.get(chart.id)?.dispose();
    const made = echarts.init(element, null, { renderer: 'svg', width: across, height });
    made.setOption({
      animation: false,
      aria: { enabled: true, label: { description: chart.label + '. The table below has the numbers.' }, decal: { show: false } },
      textStyle: { fontFamily: MONO },
      ...option,
    });
    element.setAttribute('role', 'img');
    drawn.set(chart.id, made);
  }

  const drawAll = (width) => charts.forEach((chart) => draw(chart, width));
  let widths = '';
  const redraw = () => {
    const now = charts.map((chart) => document.getElementById(chart.id).clientWidth).join();
    if (now !== widths) {
      widths = now;
      drawAll();
    }
  };
  redraw();
  window.addEventListener('resize', redraw);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
  // A sheet of A4 is narrower than most windows.
  const paper = (is) => document.documentElement.classList.toggle('paper', is);
  window.addEventListener('beforeprint', () => {
    paper(true);
    drawAll(660);
  });
  window.addEventListener('afterprint', () => {
    paper(false);
    drawAll();
  });
})();
