#!/usr/bin/python3
"""moto's server, which checks signatures from the first requests on; see INITIAL_NO_AUTH_ACTION_COUNT in the Dockerfile."""

import sys
from urllib.parse import parse_qsl, quote, unquote

from moto.iam.access_control import IAMRequestBase
from moto.server import main

UNRESERVED = "-_.~"
create_aws_request = IAMRequestBase._create_aws_request


def with_the_url_as_it_was_sent(self):
    """The web framework hands moto a decoded URL (`prefix=a/b`); what was signed is the encoded one (`prefix=a%2Fb`)."""
    path, _, query = self._path.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    encoded = "&".join(f"{quote(key, UNRESERVED)}={quote(value, UNRESERVED)}" for key, value in pairs)
    self._path = quote(unquote(path), "/" + UNRESERVED) + (f"?{encoded}" if encoded else "")
    return create_aws_request(self)


IAMRequestBase._create_aws_request = with_the_url_as_it_was_sent
main(sys.argv[1:])
