from __future__ import annotations

from shield_ai.flow.journal import Journal, Record


def record(run="r", event="begin", **more):
    return Record(seq=0, run=run, event=event, **more)


def test_a_run_is_interrupted_until_it_ends_or_is_undone(tmp_path):
    with Journal(tmp_path).locked() as journal:
        assert journal.interrupted_run() == ""
        run = journal.begin_run(())
        assert journal.interrupted_run() == ""  # no step has begun
        begin = journal.write(record(run, kind="file"))
        assert journal.begin_run(()) == run
        journal.write(record(run, "undone", of=begin.seq))
        assert journal.interrupted_run() == ""
        journal.write(record(run, kind="aws"))
        journal.write(record(run, "end"))
        assert journal.interrupted_run() == ""
        assert journal.begin_run(()) != run


def test_open_steps_are_newest_first_and_filtered_by_kind(tmp_path):
    with Journal(tmp_path).locked() as journal:
        one, two, three = (
            journal.write(record(kind=k, what=w))
            for k, w in (("aws", "s"), ("file", "a"), ("file", "b"))
        )
        journal.write(record(event="undone", of=three.seq))
        assert journal.open_steps("r") == [two, one]
        assert journal.open_steps("r", "file") == [two]
        assert journal.run_ids() == ["r"]
