# SPDX-License-Identifier: Apache-2.0
"""The table of docs/interop.md."""

BEGIN, END = '<!-- table: make interop -->', '<!-- end of table -->'
NAMES = {'0001': '1 X25519, AES-128', '0002': '2 P-256', '0003': '3 X25519, ChaCha20',
         '0004': '4 X448, AES-256', '0005': '5 P-521', '0006': '6 X448, ChaCha20',
         '0007': '7 P-384', '004D': '0x004D X-Wing, ChaCha20',
         '004E': '0x004E X-Wing, AES-256 (TBD2)', '004F': '0x004F X-Wing, AES-128 (TBD1)'}


def cell(outcome, known):
    if outcome.kind == 'pass':
        return 'pass'
    if outcome.kind == 'lacks':
        return '–'
    return f'differs ({known})' if known else 'FAIL'


class Report:
    """rows: operation -> suite -> (outcome, known) of each direction."""

    def __init__(self):
        self.tables, self.walks = {}, []

    def add(self, peer, suite, operation, pair):
        rows = self.tables.setdefault(peer, {})
        rows.setdefault(operation, {})[suite] = pair

    def walk(self, peers, suite, seed, epochs, size, done):
        self.walks.append((peers, suite, seed, epochs, size, done))

    def text(self):
        out = [BEGIN, '']
        for peer, rows in self.tables.items():
            suites = sorted({s for row in rows.values() for s in row})
            out += [f'### {peer}', '']
            for s in suites:
                out.append(f'- suite {NAMES.get(s, s)}')
            out += ['', 'Each cell: made by us and followed by the peer / made by the '
                    'peer and followed by us.', '']
            out.append('| operation | ' + ' | '.join(s.lstrip('0') if s < '0008' else
                                                   '0x' + s for s in suites) + ' |')
            out.append('|---|' + '---|' * len(suites))
            for operation, row in rows.items():
                cells = [' / '.join(cell(*o) for o in row[s]) if s in row else ''
                         for s in suites]
                out.append(f'| {operation} | ' + ' | '.join(cells) + ' |')
            out.append('')
        out += ['### All three in one group', '',
                '| suite | members | random epochs | seed | commits by (us, '
                'OpenMLS, ts-mls) | external joins | proposals by reference | '
                'messages |', '|---|---|---|---|---|---|---|---|']
        for _, suite, seed, epochs, size, done in self.walks:
            by = '/'.join(str(done.get(f'commit by {p}', 0))
                          for p in ('tacet', 'OpenMLS', 'ts-mls'))
            joins = sum(v for k, v in done.items() if k.startswith('external'))
            refs = sum(v for k, v in done.items() if k.endswith('by reference'))
            out.append(f"| {NAMES.get(suite, suite)} | {size} | {epochs} | {seed} | {by} | "
                       f"{joins} | {refs} | {done.get('message', 0)} |")
        return '\n'.join(out + ['', END])


def adopt(path, text):
    with open(path, encoding='utf-8') as f:
        page = f.read()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(head + text + tail)
