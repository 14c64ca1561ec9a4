"""A student's Markdown, made safe for the instructor's browser: emphasis, lists, code and formulas stay, the rest is text.

nbgrader's formgrader renders it with nbconvert, which lets HTML and ``javascript:`` addresses through, and MathJax reads the
page after that. So whatever begins a tag, link, image, address, entity, diagram, or a TeX command that is not known here is
broken by an invisible character. Nothing is parsed, and code is treated like words: a reader sees what was written, and no
disagreement on where code or a formula ends can matter. Headings are broken, too: a page has an anchor for each, whose name
must be none of the formgrader's own.
"""

from __future__ import annotations

import re

__all__ = ["as_written", "harmless"]

BREAK = "\N{INVISIBLE TIMES}"  # no blank, no letter, no punctuation; has no width in text, nor in a formula
PLACES = re.compile(
    r"""
      (?<=<)(?=[A-Za-z/!?]|[^\s<>@]*+@)     # tags, comments, addresses in angle brackets
    | (?<=\])(?=[(:])                       # the targets of links and images, and their definitions
    | (?<=&)(?=[\#\\A-Za-z])                # entities: they would spell a backslash
    | (?<=:)(?=//)                          # http:// alone becomes a link, and a browser looks its host up before a click
    | (?<=\#)(?!\#)                         # headings
    | (?<=```)(?!`|\ ?+(?!mermaid)[A-Za-z0-9]{0,20}+[ \t]{0,20}+$)  # code in more than a plain language: diagrams
    | (?<=~~~)(?!~|\ ?+(?!mermaid)[A-Za-z0-9]{0,20}+[ \t]{0,20}+$)
    """,
    re.VERBOSE | re.MULTILINE,
)
UNDERLINE = re.compile(r"^[ \t>]*+[=-]++[ \t]*+$", re.MULTILINE)  # makes a heading of the line above
COMMAND = re.compile(r"\\([A-Za-z]++)")
FORMULAS = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron pi varpi
    rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi
    Psi Omega aleph beth hbar hslash ell wp Re Im imath jmath partial nabla infty emptyset varnothing angle triangle
    square Box Diamond forall exists nexists neg lnot land lor top bot prime backprime surd flat natural sharp
    degree complement sum prod coprod int iint iiint oint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes
    bigoplus biguplus pm mp times div cdot ast star circ bullet cap cup uplus sqcap sqcup vee wedge setminus wr
    diamond oplus ominus otimes oslash odot bigcirc dagger ddagger amalg bigtriangleup bigtriangledown triangleleft
    triangleright le leq leqslant ge geq geqslant ll gg lll ggg ne neq lt gt equiv sim simeq approx approxeq cong
    doteq doteqdot propto varpropto prec succ preceq succeq subset supset subseteq supseteq subsetneq supsetneq
    sqsubset sqsupset sqsubseteq sqsupseteq in ni owns notin not perp parallel nparallel mid nmid asymp bowtie
    models vdash dashv Vdash vDash nleq ngeq nless ngtr lesssim gtrsim lessgtr triangleq coloneqq coloneq eqcolon
    therefore because to gets leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow longleftarrow
    longrightarrow longleftrightarrow Longleftarrow Longrightarrow Longleftrightarrow iff implies impliedby mapsto
    longmapsto uparrow downarrow updownarrow Uparrow Downarrow Updownarrow nearrow searrow swarrow nwarrow
    hookleftarrow hookrightarrow leftharpoonup leftharpoondown rightharpoonup rightharpoondown rightleftharpoons
    rightsquigarrow leadsto xrightarrow xleftarrow ldots cdots vdots ddots dots dotsc dotsb dotsm dotsi dotso colon
    arccos arcsin arctan arg argmax argmin cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf
    limsup ln log max min Pr sec sin sinh sup tan tanh bmod pmod mod pod operatorname limits nolimits frac dfrac
    tfrac cfrac binom dbinom tbinom choose over atop sqrt root of stackrel overset underset substack sideset hat
    widehat check tilde widetilde acute grave dot ddot dddot breve bar vec mathring overline underline overbrace
    underbrace overrightarrow overleftarrow overleftrightarrow boxed phantom hphantom vphantom smash mathrm mathbf
    mathit mathsf mathtt mathcal mathscr mathfrak mathbb mathnormal boldsymbol bm pmb bf rm it sf tt cal text textrm
    textbf textit textsf texttt textnormal mbox displaystyle textstyle scriptstyle scriptscriptstyle tiny small
    normalsize large Large left right middle big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm
    biggm Biggm lbrace rbrace lbrack rbrack langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert
    Vert backslash lgroup rgroup quad qquad enspace thinspace medspace thickspace negthinspace space hspace hfill
    begin end cr hline newline nonumber notag tag label intercal mathop mathbin mathrel mathord mathopen mathclose
    mathpunct mathinner mathstrut strut S P
"""  # TeX that draws signs, and cannot load, link, define, or set styles
KNOWN = frozenset(FORMULAS.split())


def harmless(text: str) -> str:
    """Markdown that loads nothing, runs nothing and leads nowhere, and reads as it was written."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = PLACES.sub(BREAK, UNDERLINE.sub(rf"\g<0>{BREAK}", text))
    return COMMAND.sub(lambda found: found[0] if found[1] in KNOWN else f"\\{BREAK}{found[1]}", text)


def as_written(text: str) -> str:
    """What a student wrote, from what `harmless` has made of it."""
    return text.replace(BREAK, "")
