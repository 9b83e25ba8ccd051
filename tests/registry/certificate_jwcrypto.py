"""certificate_jwcrypto.py KEYS TOKEN: verifies with python3-jwcrypto and prints the payload."""

import sys

from jwcrypto import jwk, jws

with open(sys.argv[1], encoding="utf-8") as keys:
    key_set = jwk.JWKSet.from_json(keys.read())
token = jws.JWS()
token.allowed_algs = ["ES256"]
token.deserialize(sys.argv[2])
token.verify(key_set.get_key(token.jose_header["kid"]))
sys.stdout.write(token.payload.decode())
