"""The sandbox's AWS: moto's server with what it does differently from AWS put right."""

from deploy.sandbox.aws.server import AwsServer

__all__ = ["AwsServer"]
