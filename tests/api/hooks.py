"""What Schemathesis does not know by itself."""

import schemathesis

# The bytes of an upload.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
