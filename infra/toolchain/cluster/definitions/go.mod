module autoserve.dev/infra/toolchain/cluster/definitions

go 1.26.0

// Read for their data only: the resource definitions lie in them as YAML.
require (
	github.com/cert-manager/cert-manager v1.21.1
	k8s.io/autoscaler/vertical-pod-autoscaler v1.7.1
	sigs.k8s.io/gateway-api v1.6.0
)

// The one that NGINX Gateway Fabric serves; cert-manager asks for a newer one to compile with.
replace sigs.k8s.io/gateway-api => sigs.k8s.io/gateway-api v1.5.1
