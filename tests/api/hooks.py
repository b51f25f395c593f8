"""What Schemathesis does not know by itself."""

import sys

import schemathesis

# The bytes of an upload.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

on = None


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Tells at once which operation is on, so that a run that is cut off has said so."""
    global on
    if case.operation.label != on:
        on = case.operation.label
        print(f"{on} ...", file=sys.stderr, flush=True)
