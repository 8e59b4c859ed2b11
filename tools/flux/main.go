// flux-health says what Flux's controllers call a resource, by Flux's own code: {"healthCheckExprs": [...], "resource": {...}} as JSON on
// standard input, the status and what is wrong with it on standard output. Flux has no command that does so.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type question struct {
	HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
	// Its numbers are read as Kubernetes reads them: 1 is an integer.
	Resource unstructured.Unstructured `json:"resource"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer() error {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	reader, err := cel.NewStatusReader(asked.HealthCheckExprs)
	if err != nil {
		return err
	}
	// Neither a mapping of kinds nor a cluster is asked for the status of an object that is at hand.
	status, err := reader(nil).ReadStatusForObject(context.Background(), nil, &asked.Resource)
	if err != nil {
		return err
	}
	fmt.Println(status.Status)
	if status.Error != nil {
		fmt.Println(status.Error)
	}
	return nil
}
