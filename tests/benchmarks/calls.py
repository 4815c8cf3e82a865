"""What one bare call costs: so many DescribeKey calls, one client, one thread, nothing around it.

python -m tests.benchmarks.calls 1000
"""

import json
import sys
import time

import boto3

WARM_UP = 20


def main() -> None:
    kms = boto3.client("kms", region_name="eu-central-1")
    arns = [key["KeyArn"] for key in kms.list_keys(Limit=1000)["Keys"]]
    for arn in arns[:WARM_UP]:
        kms.describe_key(KeyId=arn)
    begun, cpu = time.perf_counter(), time.process_time()
    for number in range(int(sys.argv[1])):
        kms.describe_key(KeyId=arns[number % len(arns)])
    told = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "non_compliant": 0}
    print(json.dumps(told))  # noqa: T201 - for the parent


if __name__ == "__main__":
    main()
