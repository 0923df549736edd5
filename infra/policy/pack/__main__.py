"""The process that the engine starts: serves the policies until it is ended."""

from pulumi_policy import PolicyPack

from infra.policy.policies import PACK, policies

# Starts a server, says its port and never returns, which is why the rules live elsewhere.
PolicyPack(PACK, policies())
