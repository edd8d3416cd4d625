#!/usr/bin/python3
"""Creates the user that tests talk to the server as, with an access key, which is printed as JSON."""

import json

import boto3

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

iam = boto3.client(
    "iam",
    endpoint_url="http://127.0.0.1:5000",
    region_name="us-east-1",
    aws_access_key_id="nobody",
    aws_secret_access_key="nobody",
)
iam.create_user(UserName="tests")
iam.put_user_policy(UserName="tests", PolicyName="everything", PolicyDocument=json.dumps(EVERYTHING))
key = iam.create_access_key(UserName="tests")["AccessKey"]
print(json.dumps({"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}))
