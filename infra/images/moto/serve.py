#!/usr/bin/python3
"""moto's server with the buckets of S3_BUCKET (several are separated by commas) in it."""

import os

from moto.server import create_backend_app, main

client = create_backend_app("s3").test_client()
for bucket in filter(None, os.environ.get("S3_BUCKET", "").split(",")):
    answer = client.put(f"/{bucket}")
    if answer.status_code != 200:
        raise SystemExit(f"the bucket {bucket} cannot be made: {answer.get_data(as_text=True)}")

main(["--host", "0.0.0.0", "--port", "8333"])
