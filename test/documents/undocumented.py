# Names of the Python SDK that its reference leaves out, as nothing is said of them, a line each.
from pdoc.doc import Class, Module

# Variables; the text of their module says what they are.
SAID_ABOVE = {"Follower", "GATEWAY"}


def tell(namespace):
    for name, member in namespace.members.items():
        own = member.taken_from[0].startswith("berrymq") and not name.startswith("_")
        if own and not member.docstring.strip() and name not in SAID_ABOVE:
            print(member.fullname)
        if own and isinstance(member, Class):
            tell(member)


for module in ("berrymq", "berrymq.adapters", "berrymq.aio", "berrymq.testing"):
    tell(Module.from_name(module))
