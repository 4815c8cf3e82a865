"""How many calls KMS answers.

https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
"""

CALLS_A_SECOND = {
    "DescribeKey": 2000,
    "ListResourceTags": 2000,
    "GetKeyPolicy": 1000,
    "GetKeyRotationStatus": 1000,
    "ListAliases": 500,
    "ListKeys": 500,
    "ListKeyRotations": 100,
    "EnableKeyRotation": 15,
    "DisableKeyRotation": 5,
    "RotateKeyOnDemand": 5,
}
"""In one account and Region, whoever makes them."""
