# SPDX-License-Identifier: BSD-3-Clause
"""Answers in JSON against the JSON Schema that docs/ has of them."""
import json
import os

import test_testpmd as runner
from test_testpmd import expect

validator = None


def load(name):
    """The schema docs/NAME is in force from now on, where python3-jsonschema is there."""
    global validator
    try:
        import jsonschema
    except ImportError:
        runner.skipped.append("the schema: no python3-jsonschema")
        return
    docs = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../docs")
    with open(os.path.join(docs, name)) as f:
        schema = json.load(f)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)


def check_schema(o, what):
    faults = [e for e in validator.iter_errors(o)] if validator else []
    if faults:
        deep = faults[0]
        while deep.context:
            deep = max(deep.context, key=lambda e: len(e.absolute_path))
        expect(False, "%s: not as the schema says: %s at %s in %r" %
               (what, deep.message, list(deep.absolute_path), json.dumps(o)[:200]))
    else:
        expect(True, what)
    return o


def undescribed(o, at=""):
    """Members without a description, as paths."""
    for name, sub in o.get("properties", {}).items():
        if not at.endswith(("/then", "/if", "/event")) and not {"description", "$ref"} & set(sub):
            yield "%s/%s" % (at, name)
    for key, sub in o.items():
        if isinstance(sub, dict):
            yield from undescribed(sub, at + "/" + key)
