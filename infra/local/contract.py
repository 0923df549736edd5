"""What others may know about the local stack's agent: constants only, no imports.

The agent is to the ``local`` stack what kubelet and the endpoints controller are to a cluster: it
asks every replica whether it is ready, keeps the edge's upstreams and Prometheus' targets, and
serves the scale subresource over a unix socket.
"""

# Environment variables of the agent (python -m infra.local.agent).
STACK_DIR = "AUTOSERVE_AGENT_STACK_DIR"  # the stack's folder, StackPaths.folder
SOCKET = "AUTOSERVE_AGENT_SOCKET"  # path of the unix socket it serves
SOCKET_USER = "AUTOSERVE_AGENT_SOCKET_USER"  # system account that may use the socket; default: own
METRICS_PORT = "AUTOSERVE_AGENT_METRICS_PORT"
UPSTREAMS_FILE = "AUTOSERVE_AGENT_UPSTREAMS_FILE"  # NGINX include; folders are made when missing
UPSTREAMS = "AUTOSERVE_AGENT_UPSTREAMS"  # JSON list of names that must be there even without server
EDGE_PROCESS = "AUTOSERVE_AGENT_EDGE_PROCESS"  # Process that is sent HUP when upstreams change
TARGETS_FILE = "AUTOSERVE_AGENT_TARGETS_FILE"  # Prometheus file_sd, JSON
INTERVAL_S = "AUTOSERVE_AGENT_INTERVAL_S"  # between two looks at readiness; default 1

# HTTP over the socket. A workload is a Process that may have more than one replica.
# GET  -> {"name", "replicas": {"desired", "ready", "minimum", "maximum"}}
# PUT  {"replicas": n} -> the same; 404 unknown, 409 busy with a change, 422 out of bounds
#      (problem+json: {"title", "status", "detail", "errors": [{"field", "found", "allowed"}]})
WORKLOADS_PATH = "/v1/workloads"
SCALE_SUFFIX = "/scale"  # WORKLOADS_PATH + "/{name}" + SCALE_SUFFIX

# HTTP on the metrics port.
METRICS_PATH = "/metrics"
LIVENESS_PATH = "/livez"
READINESS_PATH = "/readyz"  # 200 once upstreams and targets are written

# Metric names. Label names stand behind them.
REPLICAS_DESIRED = "autoserve_replicas_desired"  # workload
REPLICAS_READY = "autoserve_replicas_ready"  # workload
REPLICA_STARTS_TOTAL = "autoserve_replica_starts_total"  # workload, replica
# Of a replica with all of its processes; "process" is its name, such as api-0.
REPLICA_CPU_SECONDS_TOTAL = "autoserve_replica_cpu_seconds_total"  # workload, process
REPLICA_MEMORY_BYTES = "autoserve_replica_memory_bytes"  # workload, process
