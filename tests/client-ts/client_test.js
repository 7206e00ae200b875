// Pages exchange-sim with the exchange's own client library, unchanged but for its base URL, and
// checks what comes back. Usage: node client_test.js <path to exchange-sim>
'use strict';
const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const axios = require('axios');
const {
  AccountApi, Configuration, EventsApi, ExchangeApi, HistoricalApi, MarketApi,
} = require('kalshi-typescript');

const KEY_ID = '3f2c1d84-5a6b-4c7d-8e9f-0a1b2c3d4e5f';
const MARKETS = 230;
const DEADLINE_MS = 60_000;

async function until(what, condition) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Starts the simulator on a free port; resolves to {port, stop}.
async function startSimulator(program, keysDir) {
  const child = spawn(program, [
    '--listen', '127.0.0.1:0', '--keys', keysDir, '--markets', String(MARKETS), '--rate', '4000',
  ]);
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const port = await until('the port', () => /"message":"listening".*"port":(\d+)/.exec(log));
  return {
    port: Number(port[1]),
    stop: async () => {
      child.kill('SIGTERM');
      assert.equal(await ended, 0, `exchange-sim did not end well:\n${log}`);
    },
  };
}

// Every row of a paged list, and how many pages there were.
async function pages(fetchPage, rowsOf) {
  const rows = [];
  let count = 0;
  let cursor;
  do {
    const {data} = await fetchPage(cursor);
    rows.push(...rowsOf(data));
    cursor = data.cursor;
    ++count;
  } while (cursor);
  return {rows, count};
}

function distinct(rows, key) {
  assert.equal(new Set(rows.map((row) => row[key])).size, rows.length, `${key} repeated`);
}

async function checkMarkets(markets) {
  const all = await pages(
    (cursor) => markets.getMarkets(
      100, cursor, undefined, undefined, undefined, undefined, undefined, undefined, undefined,
      undefined, undefined, 'open'),
    (data) => data.markets);
  distinct(all.rows, 'ticker');
  assert.ok(all.count >= 2, 'more than one page of markets');
  assert.ok(Math.abs(all.rows.length - MARKETS) <= 10, `${all.rows.length} open markets`);
  for (const market of all.rows) {
    assert.match(market.yes_bid_dollars, /^\d\.\d{4}$/);
    assert.equal(market.status, 'active');
    assert.ok(market.price_ranges.length > 0);
  }
  const {data} = await markets.getMarket(all.rows[0].ticker);
  assert.equal(data.market.ticker, all.rows[0].ticker);
  await assert.rejects(markets.getMarket('NO-SUCH-MARKET'),
    (error) => error.response.status === 404 && error.response.data.error.code === 'not_found');
  return all.rows;
}

async function checkEvents(events, series) {
  const all = await pages((cursor) => events.getEvents(20, cursor, true), (data) => data.events);
  distinct(all.rows, 'event_ticker');
  assert.ok(all.count >= 2, 'more than one page of events');
  assert.ok(all.rows.every((event) => event.markets.length > 0));
  assert.ok(all.rows.every((event) => series.has(event.series_ticker)));
  assert.ok(!all.rows.some((event) => event.event_ticker.startsWith('KXMVE')), 'no combos here');
  const combos = await pages(
    (cursor) => events.getMultivariateEvents(1, cursor), (data) => data.events);
  assert.ok(combos.rows.length >= 2 && combos.count >= 2, 'combos, in pages');
  const {data} = await events.getEvent(all.rows[0].event_ticker);
  assert.equal(data.event.event_ticker, all.rows[0].event_ticker);
}

async function checkSeries(markets) {
  const {data} = await markets.getSeriesList();
  distinct(data.series, 'ticker');
  const one = await markets.getSeries(data.series[0].ticker);
  assert.equal(one.data.series.ticker, data.series[0].ticker);
  return new Set(data.series.map((series) => series.ticker));
}

async function checkOrderbooks(markets, rows) {
  const tickers = rows.slice(0, 100).map((market) => market.ticker);
  const {data} = await markets.getMarketOrderbooks(tickers);
  assert.deepEqual(data.orderbooks.map((book) => book.ticker).sort(), [...tickers].sort());
  const one = await markets.getMarketOrderbook(tickers[0], 3);
  for (const side of ['yes_dollars', 'no_dollars']) {
    const levels = one.data.orderbook_fp[side];
    assert.ok(levels.length > 0 && levels.length <= 3);
    const prices = levels.map(([price]) => Number(price));
    assert.deepEqual(prices, [...prices].sort((a, b) => a - b), 'ascending');
  }
}

async function checkTrades(markets) {
  await until('250 trades', async () =>
    (await markets.getTrades(250)).data.trades.length === 250);
  const newest = (await markets.getTrades(1)).data.trades[0];
  const maxTs = Math.floor(Date.parse(newest.created_time) / 1000);
  const all = await pages(
    (cursor) => markets.getTrades(50, cursor, undefined, undefined, maxTs), (data) => data.trades);
  distinct(all.rows, 'trade_id');
  assert.ok(all.count >= 2, 'more than one page of trades');
  for (const trade of all.rows) {
    const sum = Number(trade.yes_price_dollars) + Number(trade.no_price_dollars);
    assert.ok(Math.abs(sum - 1) < 1e-9);
  }
}

async function checkExchange(configuration) {
  const exchange = new ExchangeApi(configuration);
  assert.equal((await exchange.getExchangeStatus()).data.exchange_active, true);
  assert.ok((await exchange.getExchangeSchedule()).data.schedule.standard_hours.length > 0);
  const {data} = await new AccountApi(configuration).getAccountApiLimits();
  assert.ok(data.read.refill_rate > 0);
  const cutoff = await new HistoricalApi(configuration).getHistoricalCutoff();
  assert.ok(Date.parse(cutoff.data.trades_created_ts) < Date.now());
}

async function checkCandles(markets) {
  const trade = (await markets.getTrades(1)).data.trades[0];
  const now = Math.floor(Date.now() / 1000);
  const series = trade.ticker.slice(0, trade.ticker.indexOf('-'));
  const {data} = await markets.getMarketCandlesticks(series, trade.ticker, now - 3600, now + 60, 1);
  assert.equal(data.ticker, trade.ticker);
  assert.ok(data.candlesticks.some((candle) => Number(candle.volume_fp) > 0));
  const batch = await markets.batchGetMarketCandlesticks(trade.ticker, now - 3600, now + 60, 1);
  assert.equal(batch.data.markets[0].market_ticker, trade.ticker);
}

// Everything becomes history for a moment.
async function checkHistory(basePath, configuration, markets) {
  const history = new HistoricalApi(configuration);
  const moveCutoff = (ageMs) => axios.create().post(
    `${new URL(basePath).origin}/sim/historical-cutoff?age_ms=${ageMs}`);
  const live = (await markets.getTrades(1)).data.trades[0];
  assert.equal((await history.getTradesHistorical()).data.trades.length, 0);
  await moveCutoff(0);
  const old = await history.getTradesHistorical(live.ticker, undefined, undefined, 1000);
  assert.ok(old.data.trades.some((trade) => trade.trade_id === live.trade_id));
  const still = (await markets.getTrades(1000)).data.trades;
  assert.ok(!still.some((trade) => trade.trade_id === live.trade_id), 'in one tier at a time');
  await moveCutoff(60 * 24 * 3600 * 1000);
}

async function checkWrongKey(basePath) {
  const {privateKey} = crypto.generateKeyPairSync('rsa', {modulusLength: 2048});
  const stranger = new Configuration({
    apiKey: KEY_ID, basePath, privateKeyPem: privateKey.export({type: 'pkcs8', format: 'pem'}),
  });
  // The library signs in interceptors of an axios instance: the shared one has the right key.
  const api = new ExchangeApi(stranger, undefined, axios.create());
  await assert.rejects(api.getExchangeStatus(),
    (error) => error.response.status === 401);
}

async function main(program) {
  const keysDir = fs.mkdtempSync(path.join(os.tmpdir(), 'exchange-sim-keys-'));
  const {privateKey, publicKey} = crypto.generateKeyPairSync('rsa', {modulusLength: 2048});
  fs.writeFileSync(path.join(keysDir, `${KEY_ID}.pem`),
    publicKey.export({type: 'spki', format: 'pem'}));
  const simulator = await startSimulator(program, keysDir);
  try {
    const basePath = `http://127.0.0.1:${simulator.port}/trade-api/v2`;
    const configuration = new Configuration({
      apiKey: KEY_ID, basePath, privateKeyPem: privateKey.export({type: 'pkcs1', format: 'pem'}),
    });
    const markets = new MarketApi(configuration);
    await checkExchange(configuration);
    await checkWrongKey(basePath);
    const rows = await checkMarkets(markets);
    await checkEvents(new EventsApi(configuration), await checkSeries(markets));
    await checkOrderbooks(markets, rows);
    await checkTrades(markets);
    await checkCandles(markets);
    await checkHistory(basePath, configuration, markets);
  } finally {
    await simulator.stop();
    fs.rmSync(keysDir, {recursive: true});
  }
  console.log('kalshi-typescript reads exchange-sim: ok');
}

main(process.argv[2]).catch((error) => {
  console.error(error.response ? `${error}: ${JSON.stringify(error.response.data)}` : error);
  process.exit(1);
});
