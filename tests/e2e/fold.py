#!/usr/bin/env python3
"""Compares a production database with the recording that was played into it.

usage: fold.py RECORDING DUMP

DUMP holds deltas.tsv, trades.tsv and snapshots.tsv (of one gatherer that lived throughout) as
the test writes them. Shares no code with the platform: own JSON reading, own decimal reading, own
book. Per market it checks that
  - the changes and trades in production are those of the recording, none more, none less;
  - sorted by (time, ordinal) the changes stand in the order of the frames;
  - every recorded snapshot is there;
  - the book rebuilt from snapshot + anchor + changes equals the fold of the frames at the end of
    every millisecond, above all just before an empty snapshot ends the market.
Prints figures, and exits non-zero with the first difference.
"""
import collections
import decimal
import gzip
import json
import pathlib
import sys

RELATIVE_ORDER = 1 << 20  # ordinals from here on: the stream joined in the middle of a millisecond
MS = 1000  # microseconds


def price(text):
    return int(decimal.Decimal(text) * 100_000)


def size(text):
    return int(decimal.Decimal(text) * 100)


def check(condition, what):
    if not condition:
        sys.exit("fold.py: " + what)


Change = collections.namedtuple("Change", "ms side price size")
Frame = collections.namedtuple("Frame", "kind value")


def change_of(msg):
    return Change(msg["ts_ms"], msg["side"], price(msg["price_dollars"]), size(msg["delta_fp"]))


def levels_of(msg):
    return {
        (side, price(level[0])): size(level[1])
        for side in ("yes", "no")
        for level in msg.get(side + "_dollars_fp", [])
    }


def read_recording(folder):
    """{ticker: [Frame]} in the order of receipt."""
    markets = {}
    for market in sorted((folder / "events").iterdir()):
        frames = markets.setdefault(market.name, [])
        for file in sorted(market.glob("*.ndjson.gz")):
            with gzip.open(file, "rt") as lines:
                for line in lines:
                    event = json.loads(line)["event"]
                    msg = event["msg"]
                    if event["type"] == "orderbook_delta":
                        frames.append(Frame("delta", change_of(msg)))
                    elif event["type"] == "trade":
                        frames.append(Frame("trade", msg["trade_id"].lower()))
                    elif event["type"] == "orderbook_snapshot":
                        frames.append(Frame("snapshot", levels_of(msg)))
    return markets


def rows(file):
    with open(file) as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def numbers(text):
    inner = text.strip("{}")
    return [int(n) for n in inner.split(",")] if inner else []


def pairs(side, text):
    flat = numbers(text)
    return {(side, flat[i]): flat[i + 1] for i in range(0, len(flat), 2)}


Stored = collections.namedtuple("Stored", "us ordinal side price size")
Base = collections.namedtuple("Base", "us levels anchor_us anchor")


def read_deltas(file):
    markets = collections.defaultdict(list)
    for us, ticker, side, at, amount, ordinal in rows(file):
        row = Stored(int(us), int(ordinal), "yes" if side == "t" else "no", int(at), int(amount))
        markets[ticker].append(row)
    for stored in markets.values():
        stored.sort(key=lambda row: (row.us, row.ordinal))
    return markets


def read_bases(file):
    markets = collections.defaultdict(list)
    for us, occurrence, ticker, yes, no, anchor_us, anchor in rows(file):
        flat = numbers(anchor) if anchor != "\\N" else []
        quads = [flat[i:i + 4] for i in range(0, len(flat), 4)]
        base = Base(int(us), {**pairs("yes", yes), **pairs("no", no)},
                    None if anchor_us == "\\N" else int(anchor_us),
                    [("yes" if side else "no", at, amount) for _, side, at, amount in quads])
        markets[ticker].append((int(us), int(occurrence), base))
    return {ticker: [base for _, _, base in sorted(found, key=lambda item: item[:2])]
            for ticker, found in markets.items()}


def apply(book, side, at, amount, sign=1):
    level = book.get((side, at), 0) + sign * amount
    check(level >= 0, f"a level below zero: {side} {at} {level}")
    if level:
        book[(side, at)] = level
    else:
        book.pop((side, at), None)


def check_order(ticker, recorded, stored, shift_us):
    """Both in order of time; inside a millisecond by ordinal where that is absolute."""
    check(len(recorded) == len(stored),
          f"{ticker}: {len(recorded)} changes recorded, {len(stored)} in production")
    at = 0
    ordered = 0
    while at < len(recorded):
        end = at
        while end < len(recorded) and recorded[end].ms == recorded[at].ms:
            end += 1
        ours = stored[at:end]
        want = [(c.ms * MS + shift_us, c.side, c.price, c.size) for c in recorded[at:end]]
        have = [(row.us, row.side, row.price, row.size) for row in ours]
        if all(row.ordinal < RELATIVE_ORDER for row in ours):
            check(want == have, f"{ticker}: order differs at {recorded[at].ms}: {want} != {have}")
            ordered += len(ours)
        else:
            check(sorted(want) == sorted(have), f"{ticker}: changes differ at {recorded[at].ms}")
        at = end
    return ordered


def fold_frames(frames):
    """The book at the end of every millisecond: [(ms, book, how many snapshots came before)]."""
    book, states, snapshots = {}, [], 0
    before_empty = []
    for frame in frames:
        if frame.kind == "snapshot":
            if not frame.value and book:
                before_empty.append(states[-1][0])
            book = dict(frame.value)
            snapshots += 1
        elif frame.kind == "delta":
            change = frame.value
            apply(book, change.side, change.price, change.size)
            state = (change.ms, dict(book), snapshots)
            if states and states[-1][0] == change.ms and states[-1][2] == snapshots:
                states[-1] = state
            else:
                states.append(state)
    return states, before_empty


def books_of_base(base, stored, until_us, moments):
    """{us: book} at the wanted moments from this base on, by the platform's stated rule."""
    if base.anchor_us is None:
        return {}
    book = dict(base.levels)
    for side, at, amount in base.anchor:
        apply(book, side, at, amount)
    found = {}
    backwards = dict(book)
    inside = [row for row in stored if base.us < row.us <= base.anchor_us]
    for us in sorted((m for m in moments if base.us <= m <= base.anchor_us), reverse=True):
        while inside and inside[-1].us > us:
            row = inside.pop()
            apply(backwards, row.side, row.price, row.size, -1)
        found[us] = dict(backwards)
    after = iter([row for row in stored if base.anchor_us < row.us < until_us])
    row = next(after, None)
    for us in sorted(m for m in moments if base.anchor_us < m < until_us):
        while row and row.us <= us:
            apply(book, row.side, row.price, row.size)
            row = next(after, None)
        found[us] = dict(book)
    return found


def check_books(ticker, frames, stored, bases, shift_us):
    states, before_empty = fold_frames(frames)
    # What was subscribed before the play began is another, empty book; its end has no stamp.
    opening = next(frame.value for frame in frames if frame.kind == "snapshot")
    while bases[0].levels != opening:
        bases = bases[1:]
    wanted = {}
    for ms, book, snapshots in states:
        if ms in wanted:
            wanted[ms] = None  # a snapshot came inside this millisecond: two answers
        else:
            wanted[ms] = book
    moments = {ms * MS + shift_us for ms, book in wanted.items() if book is not None}
    have = {}
    for i, base in enumerate(bases):
        until = bases[i + 1].us if i + 1 < len(bases) else 1 << 62
        have.update(books_of_base(base, stored, until, moments))
    compared = 0
    for ms, book in wanted.items():
        rebuilt = have.get(ms * MS + shift_us)
        if book is None or rebuilt is None:
            continue
        check(book == rebuilt, f"{ticker}: the book at {ms} differs: "
              f"{sorted(set(book.items()) ^ set(rebuilt.items()))}")
        compared += 1
    for ms in before_empty:
        check(ms * MS + shift_us in have, f"{ticker}: no book just before the empty snapshot")
        check(have[ms * MS + shift_us], f"{ticker}: the book before the empty snapshot is empty")
    return compared, len(states), len(before_empty)


def check_snapshots(ticker, frames, bases):
    missing = [frame.value for frame in frames if frame.kind == "snapshot"]
    for base in bases:
        if base.levels in missing:
            missing.remove(base.levels)
    check(not missing, f"{ticker}: {len(missing)} recorded snapshots are not in production")


def main():
    recording, dump = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    markets = read_recording(recording)
    deltas, bases = read_deltas(dump / "deltas.tsv"), read_bases(dump / "snapshots.tsv")
    recorded_trades = collections.Counter(
        frame.value for frames in markets.values() for frame in frames if frame.kind == "trade")
    stored_trades = collections.Counter(row[0] for row in rows(dump / "trades.tsv"))
    check(recorded_trades == stored_trades, f"trades differ: {len(recorded_trades)} recorded, "
          f"{len(stored_trades)} in production")
    check(set(deltas) <= set(markets), "changes of markets that are not in the recording: "
          f"{sorted(set(deltas) - set(markets))[:5]}")
    totals = collections.Counter(trades=sum(recorded_trades.values()))
    for ticker, frames in markets.items():
        recorded = [frame.value for frame in frames if frame.kind == "delta"]
        stored = deltas.get(ticker, [])
        check_snapshots(ticker, frames, bases.get(ticker, []))
        if not recorded:
            check(not stored, f"{ticker}: nothing recorded, {len(stored)} in production")
            continue
        check(stored, f"{ticker}: {len(recorded)} changes recorded, none in production")
        shift_us = stored[0].us - recorded[0].ms * MS
        totals["ordered"] += check_order(ticker, recorded, stored, shift_us)
        compared, states, closings = check_books(ticker, frames, stored, bases[ticker], shift_us)
        totals.update(deltas=len(recorded), books=compared, milliseconds=states, closings=closings)
        totals["snapshots"] += sum(frame.kind == "snapshot" for frame in frames)
    check(totals["books"] >= 0.9 * totals["milliseconds"],
          f"only {totals['books']} of {totals['milliseconds']} books could be rebuilt")
    print(json.dumps(totals, sort_keys=True))


main()
