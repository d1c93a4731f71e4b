#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a witness costs, and how long a registration waits for witnesses.

    bench/bench_witnesses.py [--bin build/release/bin] [--cosignatures 500]
                             [--registrations 20]

Prints the memory of one tacet-witness and its processor time and wall time a
cosignature (of a log that is played here). Then, with tacetd and three
witnesses on loopback of which two must vouch: when, from the start of `tacet
register`, the published log has the account, and when the command has ended;
and the processor time of the witnesses meanwhile."""
import argparse
import os
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'e2e'))


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--bin', default=os.path.join(ROOT, 'build/release/bin'))
    p.add_argument('--cosignatures', type=int, default=500)
    p.add_argument('--registrations', type=int, default=20)
    return p.parse_args()


args = arguments()
os.environ['TACET_BIN'] = args.bin

import http.client  # noqa: E402  (the harness reads TACET_BIN when it is loaded)
import shutil  # noqa: E402
import tempfile  # noqa: E402

import test_witness as one  # noqa: E402
import test_witnesses as many  # noqa: E402

TICK = os.sysconf('SC_CLK_TCK')


def cpu(pid):
    """Milliseconds of processor time of a process and its threads."""
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICK


def peak(pid):
    """MiB of memory at most."""
    with open(f'/proc/{pid}/status') as f:
        line = next(x for x in f if x.startswith('VmHWM'))
    return int(line.split()[1]) / 1024


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))]


def cosignatures(n):
    """One entry more each time; the log's own work is done before."""
    folder = tempfile.mkdtemp(prefix='tacet-bench-')
    try:
        key = one.Key(folder, 'log.example')
        witness = one.Witness(folder)
        witness.run('log', 'add', key.vkey)
        witness.start('--plain')
        leaves = [b'entry %d' % i for i in range(n)]
        bodies = []
        for size in range(1, n + 1):
            proof = one.consistency(size - 1, leaves[:size])
            lines = ''.join(one.base64.b64encode(h).decode() + '\n' for h in proof)
            note = one.checkpoint(key, leaves[:size])[1]
            bodies.append(f'old {size - 1}\n{lines}\n{note}'.encode())
        pid, took = witness.process.pid, []
        c = http.client.HTTPConnection(witness.where)
        before = cpu(pid)
        for body in bodies:
            start = time.monotonic()
            c.request('POST', '/add-checkpoint', body)
            answer = c.getresponse()
            answer.read()
            took.append((time.monotonic() - start) * 1000)
            assert answer.status == 200, answer.status
        spent = cpu(pid) - before
        print(f'witness: {n} cosignatures, each {spent / n:.2f} ms of processor '
              f'time and {quantile(took, 0.5):.2f} ms until the answer '
              f'(99 %: {quantile(took, 0.99):.2f} ms, each on the disk before); '
              f'at most {peak(pid):.1f} MiB of memory')
        witness.process.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Latency(many.Collecting):
    def runTest(self):
        pids = [w.process.pid for w in self.witnesses]
        before, seen, ended = sum(cpu(p) for p in pids), [], []
        for i in range(args.registrations):
            size = self.published()[0]
            person, link = self.person(f'p{i}'), self.tacetd.invite()
            start = time.monotonic()
            command = person.popen('register', person.name, '--invite', link,
                                   '--no-passphrase')
            self.visible(size)
            seen.append((time.monotonic() - start) * 1000)
            command.communicate()
            ended.append((time.monotonic() - start) * 1000)
            assert command.returncode == 0
        spent = sum(cpu(p) for p in pids) - before
        print(f'registration, 3 witnesses, 2 must vouch: visible '
              f'{quantile(seen, 0.5):.0f} ms after it began (95 %: '
              f'{quantile(seen, 0.95):.0f} ms, at most {max(seen):.0f} ms, of '
              f'{len(seen)}); the command took {quantile(ended, 0.5):.0f} ms')
        print(f'witnesses meanwhile: {spent / len(seen):.1f} ms of processor '
              f'time of all three a registration, at most '
              f'{max(peak(p) for p in pids):.1f} MiB each')


if __name__ == '__main__':
    cosignatures(args.cosignatures)
    result = many.unittest.TestResult()
    Latency().run(result)
    for _, text in result.failures + result.errors:
        sys.exit(text)
