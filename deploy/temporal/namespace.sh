#!/bin/sh
# Makes the namespace where there is none. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where and which. Exits with an
# error while the server is not ready for it; compose then runs it again.
set -eu
temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
	temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 168h
