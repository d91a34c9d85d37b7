"""The mutants of a C++ file, all in one: each is a place where the program asks whether it is the
one that is on, and then does something else.

A mutant is one of
  true, false      a condition, or what a function or lambda that says yes or no returns
  drop             one side of `&&` or `||`
  swap             `==` for `!=`, `<` for `<=`, `any_of` for `all_of`, `!x` for `x`, ...
  skip             a statement that is left out: a call, an assignment, `continue`, `break`, `return;`
  never            a loop that makes no round
  value            `?:` that takes the other side
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"\((?:.*?)\)\"|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'|#[^\n]*"
    r"|[A-Za-z_]\w*|\d[\w.']*|::|->|\+\+|--|<=>|<=|>=|==|!=|&&|\|\||\+=|-=|<<|.", re.S)
SWAPS = {"==": "!=", "!=": "==", "<=": "<", ">=": ">", "any_of": "all_of", "all_of": "any_of",
         "none_of": "any_of", "true": "false", "false": "true"}
OPENS, CLOSES = "([{", ")]}"


@dataclass
class Token:
    text: str
    begin: int
    end: int


@dataclass
class Mutant:
    number: int
    line: int
    what: str
    function: str       # the one of the file that it stands in
    file: str = ""

    @property
    def name(self):
        return f"{self.file}:{self.line}: {self.what}"


def tokens_of(source):
    """Of code alone: comments and preprocessor lines are none."""
    out = []
    for found in TOKEN.finditer(source):
        text = found.group()
        if text.isspace() or text.startswith(("//", "/*", "#")):
            continue
        out.append(Token(text, found.start(), found.end()))
    return out


def shown(text):
    """On one line, and of a lambda only that there is one."""
    text = " ".join(text.split())
    bodies = re.compile(r"(\)|const) \{[^{}]*\}")
    while bodies.search(text):
        text = bodies.sub(r"\1 ...", text)
    return text


class Mutator:
    def __init__(self, source, first):
        self.source = source
        self.tokens = tokens_of(source)
        self.pairs = self.match()
        self.number = first
        self.function = ""
        self.mutants = []
        self.edits = []     # (begin, end, text before, text after)

    def match(self):
        pairs, stack = {}, []
        for i, token in enumerate(self.tokens):
            if token.text in OPENS:
                stack.append(i)
            elif token.text in CLOSES:
                opening = stack.pop()
                pairs[opening], pairs[i] = i, opening
        return pairs

    def add(self, at, what):
        line = self.source.count("\n", 0, at) + 1
        self.mutants.append(Mutant(self.number, line, shown(what), self.function))
        self.number += 1
        return f"::dockgate_mutant({self.mutants[-1].number})"

    def text(self, first, last):
        return self.source[self.tokens[first].begin:self.tokens[last].end]

    # Expressions.

    def at_this_depth(self, first, last):
        """Indices of the tokens of an expression that stand within no bracket of it."""
        i = first
        while i <= last:
            yield i
            i = self.pairs[i] + 1 if self.tokens[i].text in OPENS else i + 1

    def wrap_bool(self, first, last):
        """A condition, tokens `first` to `last`: as itself, or as each of its mutants."""
        whole = self.text(first, last)
        variants = ["true", "false"] + self.without_a_side(first, last) + self.swapped(first, last)
        self.wrap(first, last, variants)

    def wrap(self, first, last, variants):
        begin, end = self.tokens[first].begin, self.tokens[last].end
        whole = self.text(first, last)
        others = [text for text in dict.fromkeys(variants) if text != whole]
        chain = "".join(f"{self.add(begin, f'`{whole}` -> `{text}`')} ? static_cast<bool>({text}) : "
                        for text in others)
        self.edits.append((begin, end, f"({chain}static_cast<bool>(", "))"))

    def without_a_side(self, first, last):
        """Of `a && b`: `a` and `b`; of `a || b && c`, which takes brackets, the same."""
        out = []
        inside = list(self.at_this_depth(first, last))
        for operator in ("||", "&&"):
            places = [i for i in inside if self.tokens[i].text == operator]
            if not places:
                continue
            sides = list(zip([first] + [i + 1 for i in places], [i - 1 for i in places] + [last]))
            for dropped in sides:
                out.append(f" {operator} ".join(self.text(*s) for s in sides if s != dropped))
            if operator == "||":
                # The sides of a side: `a && b || c`.
                for side in sides:
                    for text in self.without_a_side(*side):
                        out.append(" || ".join(text if s == side else self.text(*s)
                                               for s in sides))
                return out
        return out

    def swapped(self, first, last):
        """Each operator exchanged, but those in the bodies of lambdas, which are statements."""
        out = []
        base = self.tokens[first].begin
        whole = self.text(first, last)
        for i in self.outside_of_bodies(first, last):
            token = self.tokens[i]
            other = SWAPS.get(token.text)
            if token.text in "<>" and len(token.text) == 1 and self.is_comparison(i):
                other = token.text + "="
            if token.text == "!":
                other = ""
            if other is None:
                continue
            out.append(whole[:token.begin - base] + other + whole[token.end - base:])
        return out

    def is_comparison(self, i):
        return self.source[self.tokens[i].begin - 1] == " " and \
            self.source[self.tokens[i].end] == " "

    def outside_of_bodies(self, first, last):
        i = first
        while i <= last:
            if self.tokens[i].text == "{" and self.begins_body(i):
                i = self.pairs[i] + 1
                continue
            yield i
            i += 1

    # Statements.

    def run(self):
        """Every body of a function, found as a `{` after a `)` (or `const`)."""
        i = 0
        while i < len(self.tokens):
            if self.tokens[i].text == "{" and self.begins_body(i):
                self.body(i, self.says_yes_or_no(i), self.is_void(i))
            i += 1
        return self.written(), self.mutants

    def begins_body(self, i):
        before = self.tokens[i - 1].text
        if before == ")":
            head = self.tokens[self.pairs[i - 1] - 1].text
            return head not in ("if", "for", "while", "switch", "catch")
        return before in ("const", "noexcept") and self.tokens[i - 2].text == ")"

    def head_of(self, i):
        """The tokens before a function's parameters, back to the last statement's end."""
        closing = i - 1 if self.tokens[i - 1].text == ")" else i - 2
        opening = self.pairs[closing]
        j = opening - 1
        while j >= 0 and self.tokens[j].text not in (";", "{", "}"):
            j -= 1
        return opening, [t.text for t in self.tokens[j + 1:opening]]

    def is_lambda(self, i):
        opening, _ = self.head_of(i)
        return self.tokens[opening - 1].text == "]"

    def says_yes_or_no(self, i):
        opening, head = self.head_of(i)
        if not self.is_lambda(i):
            return bool(head) and head[0] == "bool"
        capture = self.pairs[opening - 1]
        before = [t.text for t in self.tokens[max(0, capture - 60):capture]]
        called = [t for t in before if re.fullmatch(
            r"any_of|all_of|none_of|find_if|count_if|remove_if|erase_if|partition|copy_if|sort", t)]
        return bool(called)

    def is_void(self, i):
        _, head = self.head_of(i)
        return not self.is_lambda(i) and bool(head) and head[0] == "void"

    def body(self, opening, yes_or_no, void):
        if not self.is_lambda(opening):
            self.function = self.head_of(opening)[1][-1]
        if void:
            at = self.tokens[opening].end
            mutant = self.add(at, f"skip all of {self.head_of(opening)[1][-1]}")
            self.edits.append((at, at, f" if ({mutant}) return; ", ""))
        i = opening + 1
        while i < self.pairs[opening]:
            i = self.statement(i, yes_or_no)

    def end_of_statement(self, i):
        while self.tokens[i].text != ";":
            i = self.pairs[i] + 1 if self.tokens[i].text in OPENS else i + 1
        return i

    def block(self, i, yes_or_no):
        closing = self.pairs[i]
        i += 1
        while i < closing:
            i = self.statement(i, yes_or_no)
        return closing + 1

    def statement(self, i, yes_or_no):
        """Returns the index behind it."""
        text = self.tokens[i].text
        if text == "{":
            return self.block(i, yes_or_no)
        if text == "if":
            return self.conditional(i, yes_or_no)
        if text in ("for", "while"):
            return self.loop(i, yes_or_no)
        if text == "switch":
            return self.block(self.pairs[i + 1] + 1, yes_or_no)
        if text in ("case", "default"):
            while self.tokens[i].text != ":":
                i += 1
            return i + 1
        if text == "else":
            return self.statement(i + 1, yes_or_no)
        if text == "struct":
            return self.pairs[next(j for j in range(i, len(self.tokens))
                                   if self.tokens[j].text == "{")] + 2
        end = self.end_of_statement(i)
        self.simple(i, end, yes_or_no)
        return end + 1

    def conditional(self, i, yes_or_no):
        i += 1 + (self.tokens[i + 1].text == "constexpr")
        closing = self.pairs[i]
        first = i + 1
        for j in self.at_this_depth(i + 1, closing - 1):
            if self.tokens[j].text == ";":
                first = j + 1
        declares = self.tokens[first].text in ("const", "auto")
        if not declares:
            self.wrap_bool(first, closing - 1)
        return self.statement(closing + 1, yes_or_no)

    def loop(self, i, yes_or_no):
        closing = self.pairs[i + 1]
        behind = closing + 1
        if self.tokens[behind].text == "{":
            at = self.tokens[behind].end
            mutant = self.add(at, f"never `{self.text(i, closing)}`")
            self.edits.append((at, at, f" if ({mutant}) break; ", ""))
        return self.statement(behind, yes_or_no)

    def simple(self, first, end, yes_or_no):
        """A statement that ends with `;`."""
        words = [t.text for t in self.tokens[first:end]]
        whole = self.text(first, end)
        self.choices(first, end - 1)
        if words[0] == "return":
            if len(words) == 1:
                self.skip(first, end)
            elif yes_or_no:
                self.wrap_bool(first + 1, end - 1)
            return
        declared = re.match(r"(?:const )?bool \w+ = ", whole)
        if declared:
            equals = words.index("=")
            self.wrap_bool(first + equals + 1, end - 1)
            return
        plain = re.match(r"(\*?[A-Za-z_][\w:]*|\+\+\w+)(\.|->|\(|\[|;| = | \+= )", whole)
        if words[0] in ("continue", "break") or plain:
            self.skip(first, end)

    def skip(self, first, end):
        begin, stop = self.tokens[first].begin, self.tokens[end].end
        mutant = self.add(begin, f"skip `{self.text(first, end)}`")
        self.edits.append((begin, stop, f"{{ if (!{mutant}) ", " }"))

    def choices(self, first, last):
        """`a ? b : c`, whose condition begins after the last bracket, `=`, `,` or `return`."""
        for i in self.outside_of_bodies(first, last):
            if self.tokens[i].text != "?":
                continue
            j = i - 1
            while j >= first and self.tokens[j].text not in ("=", ",", "return", ":", "?", "<<",
                                                             "+", "+=", "(", "[", "{", ";"):
                j = self.pairs[j] - 1 if self.tokens[j].text in CLOSES else j - 1
            condition = (j + 1, i - 1)
            self.wrap(*condition, ["true", "false"])

    # The file again.

    def written(self):
        """Edits are nested or apart; a mutant of an outer one holds the source as it was."""
        inserts = []
        for order, (begin, end, before, after) in enumerate(self.edits):
            inserts.append((begin, 1, -end, order, before))
            if after:
                inserts.append((end, 0, -begin, -order, after))
        out, at = [], 0
        for place, _, _, _, text in sorted(inserts):
            out.append(self.source[at:place])
            out.append(text)
            at = place
        out.append(self.source[at:])
        return "".join(out)


def mutate(source, first):
    """The source with its mutants, which are numbered from `first`; and they."""
    return Mutator(source, first).run()
