# SPDX-License-Identifier: BSL-1.0
"""Writes what tells of the program's commands and options without running it: man pages, and
completions for bash and zsh. All of them are made from what `pickled --help` says.

    python3 manual.py PROGRAM DIRECTORY
"""

import os
import re
import subprocess
import sys
from collections import namedtuple

# `argument` is "" where the option takes none; `choices` what it may be, where that is a list.
Option = namedtuple("Option", "names argument repeats choices default text")
Command = namedtuple("Command", "name about usage positionals options")

MORE = """\
.SH ENVIRONMENT
.TP
.B PICKLED_AUTHKEY
The key of \\fBpickled serve\\fR, as text, where no option names a file with it.
.TP
.B PICKLED_AUTHKEY_HEX
The same, as pairs of hex digits.
.SH EXIT STATUS
.TP
.B 0
Done; a server was ended in order, by a signal or by a client.
.TP
.B 1
The work failed, or a pickle is malformed; of scan, a file would import what is not allowed.
.TP
.B 2
A mistake in the options, the configuration or the key.
.TP
.B 3
Of scan, a file cannot be judged to its end.
"""


def option(head, text):
    """From `--address ADDRESS=127.0.0.1:0 ...` and the like, as CLI11 prints it."""
    names, _, rest = re.sub(r" (Excludes|Needs): .*", "", head).partition(" ")
    repeats = rest.endswith("...")
    rest = rest[:-len("...")].strip() if repeats else rest
    argument, choices, default = re.fullmatch(
        r"([^:=]*)(?::\{(.*?)\})?(?::.*? in \[.*?\])?(?:=(.*))?", rest).groups()
    return Option(names.split(","), argument.strip(), repeats,
                  choices.split(",") if choices else [], default, text)


def command(program, *name):
    """What the help of a command says, and the names of those below it. A description begins in
    column 31, on the next line where what it describes is long."""
    lines = subprocess.run([program, *name, "--help"], stdout=subprocess.PIPE, check=True,
                           universal_newlines=True).stdout.splitlines()
    about, usage, sections, section = lines[0], lines[1][len("Usage: "):], {}, None
    for line, following in zip(lines[2:], lines[3:] + [""]):
        if re.fullmatch(r"[A-Z]\w*:", line):
            section = sections.setdefault(line[:-1], [])
        elif line.startswith(" " * 30):
            section[-1][1].append(line.strip())
        elif line.strip():
            beside = not following.startswith(" " * 30)
            head, text = (line[:30], line[30:]) if beside else (line, "")
            section.append((head.strip(), [text.strip()] if text else []))
    read = {of: [(head, " ".join(texts)) for head, texts in rows] for of, rows in sections.items()}
    return (Command(name, about, usage, [option(*row) for row in read.get("Positionals", [])],
                    [option(*row) for row in read.get("Options", [])]),
            [head for head, _ in read.get("Subcommands", [])])


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def sentence(text):
    return roff(text if text.endswith(".") else text + ".")


def page(of, version, all_commands):
    title = "-".join(("pickled",) + of.name)
    lines = [".TH %s 1 \"\" \"%s\" \"User Commands\"" % (title.upper(), version),
             ".SH NAME", "%s \\- %s" % (roff(title), roff(of.about.split(".")[0])),
             ".SH SYNOPSIS", ".B " + roff(of.usage),
             ".SH DESCRIPTION", sentence(of.about)]
    if not of.name:
        lines.append(".SH COMMANDS")
        for each in all_commands:
            lines += [".TP", "\\fBpickled\\-%s\\fR(1)" % each.name[0], sentence(each.about)]
    for heading, options in ("ARGUMENTS", of.positionals), ("OPTIONS", of.options):
        lines += [".SH " + heading] if options else []
        for each in options:
            shown = "\\fB%s\\fR" % roff(", ".join(each.names))
            if each.argument:
                shown += " \\fI%s\\fR" % roff(each.argument) + (" \\&..." if each.repeats else "")
            lines += [".TP", shown, sentence(each.text)]
            if each.choices:
                lines.append(roff("One of %s." % ", ".join(each.choices)))
            if each.default is not None:
                lines.append(roff("Default: %s." % each.default))
    if not of.name or of.name == ("serve",):
        lines.append(MORE.rstrip("\n"))
    others = [each for each in all_commands if each.name != of.name]
    lines += [".SH SEE ALSO",
              ",\n".join((["\\fBpickled\\fR(1)"] if of.name else [])
                         + ["\\fBpickled\\-%s\\fR(1)" % each.name[0] for each in others])]
    return "\n".join(lines) + "\n"


def takes_file(of):
    return of.argument in ("FILE", "PYTHON") or of.names == ["FILE"]


def bash(main, commands):
    cases = []
    for of in commands:
        for each in of.options:
            if each.argument:
                reply = "-f -- \"$word\"" if takes_file(each) else \
                    "-W '%s' -- \"$word\"" % " ".join(each.choices)
                cases.append("    %s) mapfile -t COMPREPLY < <(compgen %s); return ;;" % (
                    "|".join("'%s %s'" % (of.name[0], name) for name in each.names), reply))
    names = "\n".join("    %s) words='%s' ;;" % (
        of.name[0], " ".join(name for each in of.options for name in each.names))
        for of in commands)
    first = " ".join([of.name[0] for of in commands]
                     + [name for each in main.options for name in each.names])
    return """\
# Completion of pickled for bash.
_pickled() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '%s' -- "$word")
    return
  fi
  case "${COMP_WORDS[1]} $before" in
%s
  esac
  case ${COMP_WORDS[1]} in
%s
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _pickled pickled
""" % (first, "\n".join(cases), names)


def zsh(main, commands):
    def quoted(text):
        for plain, escaped in ("'", "'\\''"), ("[", "\\["), ("]", "\\]"), (":", "\\:"):
            text = text.replace(plain, escaped)
        return text

    def argument(of):
        if not of.argument:
            return ""
        action = "_files" if takes_file(of) else "(%s)" % " ".join(of.choices) if of.choices else ""
        return ":%s:%s" % (quoted(of.argument), action)

    def specs(of):
        rows = ["'%s%s[%s]%s'" % ("*" if each.repeats else "", name, quoted(each.text),
                                  argument(each))
                for each in of.options for name in each.names]
        return rows + ["'*:%s:_files'" % each.names[0] for each in of.positionals]

    cases = "\n".join("    %s)\n      _arguments \\\n        %s ;;" % (
        of.name[0], " \\\n        ".join(specs(of))) for of in commands)
    listed = "\n".join("    '%s:%s'" % (of.name[0], quoted(of.about)) for of in commands)
    return """\
#compdef pickled
# Completion of pickled for zsh.
local -a commands
if (( CURRENT == 2 )); then
  commands=(
%s
  )
  _describe command commands
  _arguments %s
else
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
%s
  esac
fi
""" % (listed, " ".join(specs(main)), cases)


def main(program, directory):
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True,
                             universal_newlines=True).stdout.strip()
    top, names = command(program)
    commands = [command(program, name)[0] for name in names]
    files = {os.path.join("man", "man1", "-".join(("pickled",) + of.name) + ".1"):
             page(of, version, commands) for of in [top] + commands}
    files[os.path.join("bash-completion", "completions", "pickled")] = bash(top, commands)
    files[os.path.join("zsh", "site-functions", "_pickled")] = zsh(top, commands)
    for name, text in files.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
