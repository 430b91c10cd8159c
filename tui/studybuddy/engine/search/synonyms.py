"""English words that students and books use for one another.

Only what a stemmer can't see: irregular forms, numbers, short names, and everyday words
beside those of textbooks. A group is a line, its members are parted by commas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from studybuddy.engine.search.stems import stemmed

_IRREGULAR = """
be, become, became
begin, began, begun, start
break, broke, broken
bring, brought
build, built
buy, bought, purchase
catch, caught
child, children, kid
choose, chose, chosen, select
come, came
deal, dealt
draw, drew, drawn
drive, drove, driven
eat, ate, eaten
fall, fell, fallen
feed, fed
feel, felt
fight, fought, battle
find, found, discover
fly, flew, flown
foot, feet
freeze, froze, frozen
give, gave, given
go, went, gone
grow, grew, grown, growth
hear, heard
hold, held
keep, kept
know, knew, known
lead, led
leave, left
lose, lost, defeat, beaten
make, made, produce, create
man, men, male
mouse, mice
pay, paid
rise, rose, risen, increase
run, ran
see, saw, seen
sell, sold
shoot, shot
speak, spoke, spoken, speech
spend, spent
stand, stood
steal, stole, stolen
swim, swam
take, took, taken
teach, taught
tell, told
think, thought
throw, threw, thrown
tooth, teeth
understand, understood
wear, wore, worn
win, won, victory
woman, women, female
write, wrote, written, author
"""

_NUMBERS = """
1, one, first, i
2, two, second, ii, twice, double
3, three, third, iii
4, four, fourth, iv
5, five, fifth
6, six, sixth
7, seven, seventh
8, eight, eighth
9, nine, ninth
10, ten, tenth
12, twelve, dozen
100, hundred
1000, thousand
half, halve, 50 percent
percent, percentage, share
"""

_SHORT = """
ww1, wwi, first world war
ww2, wwii, second world war
usa, us, america, american, united states
uk, britain, british, england
ussr, soviet union
eu, european union
un, united nations
ai, artificial intelligence
db, database
e.g., example, instance
maths, math, mathematics
bio, biology
chem, chemistry
info, information
exam, test, examination
lab, laboratory
phone, telephone
co2, carbon dioxide
h2o, water
o2, oxygen
temp, temperature
max, maximum, most, greatest, highest, largest, longest, farthest
min, minimum, least, smallest, lowest
"""

_EVERYDAY = """
aim, goal, purpose
answer, solve, solution
baby, infant, newborn
bacteria, bacterium, germ
big, large, huge, giant
birth, born
boss, employer, manager
bulb, lamp
burn, combustion, fire
cable, wire
calculate, compute
car, automobile, vehicle
cause, reason, because
change, alter, alteration
cheap, inexpensive
city, town
clever, intelligent
cold, winter, cool
cost, price, expensive, dear
country, nation, state
crime, offence, offense
cure, treat, therapy
damage, harm
danger, dangerous, hazard, risk
die, dead, death
disease, illness, sick, ill, disorder
divide, split, separate
doctor, physician
earth, ground
earthquake, quake, seismic
effect, result, consequence
electricity, electric, electrical, current
end, finish, stop, cease
energy, power
error, mistake, wrong
false, untrue
fast, quick, rapid, speed, velocity
father, dad
forbid, forbade, forbidden, prohibit, ban, illegal
free, liberty, freedom
gene, genetic, genome, heredity, hereditary, inherit
happy, glad, content
help, aid, support
high, height, tall
home, house
hot, heat, warm
hurt, pain, injure
idea, concept, notion
important, essential, vital
job, work, employment
judge, court
king, monarch
law, statute, rule
learn, study
length, long
lift, raise
like, similar, alike
look, appear
mass, weight, heavy
memory, remember, recall
money, cash, currency
mother, mum, mom
movement, motion, move
name, call, called, term
need, require
new, modern, novel
number, count, amount
old, age, ancient
order, sequence
pair, couple
parent, mother, father
people, human, person, mankind, population
plan, scheme
plant, vegetation
police, officer
poor, poverty
pressure, stress
protect, defend, shield, guard
quit, resign
reject, refuse, deny
rich, wealthy, wealth
road, street
room, space
rust, corrode, corrosion
sad, unhappy
safe, secure, security
salary, wage, income, pay
salt, saline
same, equal, identical
ship, boat, vessel
show, display, demonstrate
sibling, brother, sister
size, big, large
slow, sluggish
smart, intelligent
soldier, army, troops
spin, rotate, rotation, turn
stomach, belly
story, tale
strong, strength
sugar, glucose
sun, solar
tax, duty, tariff
try, attempt
type, kind, sort, category
use, apply, application
value, worth
vote, elect, election, ballot
war, conflict
way, method, procedure, technique
weak, feeble
weather, climate
work, function, operate
young, youth
"""


@cache
def alternatives() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Stems of a word, or of words that follow each other -> the stems that stand for them."""
    members = [member.strip() for line in _lines() for member in line.split(",")]
    stems = stemmed(members)
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    at = 0
    for line in _lines():
        count = line.count(",") + 1
        group = [tuple(stems[at + place]) for place in range(count)]
        at += count
        for member in group:
            found[member].update(stem for other in group for stem in other if stem not in member)
    return {member: frozenset(others) for member, others in found.items()}


def _lines() -> list[str]:
    whole = "\n".join((_IRREGULAR, _NUMBERS, _SHORT, _EVERYDAY))
    return [line for line in whole.splitlines() if line.strip()]
