"""Creates the stack of template.yaml: transformed as CloudFormation's SAM transform does it, by moto's CloudFormation.

Everything runs in this process; nothing reaches AWS. Prints what moto created and which types it does not know.
"""

import io
import json
import logging
import os
import pathlib
import re
import sys
import warnings
import zipfile

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")

import boto3
from moto import mock_aws
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUCKET = "packages"


def package(source):
    """Replaces what `sam deploy` uploads by where it would be, and returns the files to put there."""
    definition = re.search(r"DefinitionS3Location: (\S+)", source).group(1)
    program = io.BytesIO()
    with zipfile.ZipFile(program, "w") as z:
        z.writestr("bootstrap", "")
    files = {"build.zip": program.getvalue(), "definition.json": (ROOT / definition).read_bytes()}
    source = source.replace("CodeUri: build/", f"CodeUri: s3://{BUCKET}/build.zip")
    location = f"DefinitionS3Location: {{Bucket: {BUCKET}, Key: definition.json}}"
    return source.replace(f"DefinitionS3Location: {definition}", location), files


class NoManagedPolicies:
    """Roles are written out, so that the transform has no names of managed policies to look up."""

    def load(self):
        return {}


def create(name, template, parameters, files):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    created = [r for page in pages for r in page["StackResourceSummaries"]]
    return stack["StackStatus"], created, {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}


def undefined_schemes(template):
    """Lists operations whose security scheme the API's document does not define. With FailOnWarnings they fail the deploy."""
    body = template["Resources"]["HttpApi"]["Properties"]["Body"]
    defined = body["components"]["securitySchemes"]
    return [
        f"{method} {path}: {name} is no security scheme"
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
        for requirement in operation.get("security", [])
        for name in requirement
        if name not in defined
    ]


def expected_tables(template, parameters):
    """Lists the names of the template's tables. Only stages without Stripe have the sandbox's."""
    resources = template["Resources"].values()
    names = {r["Properties"]["TableName"]["Fn::Sub"] for r in resources if r["Type"] == "AWS::DynamoDB::Table"}
    if parameters.get("PaymentGateway") == "stripe":
        names.remove("${AWS::StackName}-sandbox")
    return sorted(name.replace("${AWS::StackName}", "orderflow") for name in names)


class Unsupported(logging.Handler):
    """Collects the resource types that moto reports as unknown."""

    def __init__(self):
        super().__init__()
        self.types = set()

    def emit(self, record):
        found = re.search(r"No Moto CloudFormation support for (\S+)", record.getMessage())
        if found:
            self.types.add(found.group(1))


def check(parameters):
    unsupported = Unsupported()
    logging.getLogger("moto").addHandler(unsupported)
    source, files = package((ROOT / "template.yaml").read_text())
    template = transform(yaml_parse(source), {}, NoManagedPolicies())
    with mock_aws():
        status, created, outputs = create("orderflow", template, parameters, files)
        machines = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
        tables = boto3.client("dynamodb").list_tables()["TableNames"]
    logging.getLogger("moto").removeHandler(unsupported)
    made = [r for r in created if r["ResourceType"]]  # others are listed without a type
    print(f"{parameters}: {status}, {len(made)} resources; types unknown to moto: {', '.join(sorted(unsupported.types))}")
    wrong = [f"{r['LogicalResourceId']}: {r['ResourceStatus']}" for r in made if r["ResourceStatus"] != "CREATE_COMPLETE"]
    wrong += undefined_schemes(template)
    if status != "CREATE_COMPLETE":
        wrong.append(f"the stack is {status}")
    if sorted(m["name"] for m in machines) != ["orderflow-fulfil-order", "orderflow-repair-orders"]:
        wrong.append(f"state machines are {machines}")
    if sorted(tables) != expected_tables(template, parameters) or not outputs.get("ApiUrl", "").startswith("https://"):
        wrong.append(f"tables are {tables}, outputs {outputs}")
    return wrong


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Tried to parse")
    problems = []
    for choice in (
        {},
        # Edge stays disabled: moto has no CloudFront distributions, so references to one are undefined.
        {"Stage": "prod", "WebhookSecret": "a secret of the carrier", "Carrier": "external",
         "PaymentGateway": "stripe", "StripeSecretName": "shop/stripe", "StripeWebhookSecretName": "shop/webhook", "Protection": "on",
         "AlarmEmail": "ops@example.com", "PaymentConcurrency": "5"},
    ):
        problems += check(choice)
    for p in problems:
        print(p, file=sys.stderr)
    sys.exit(bool(problems))
