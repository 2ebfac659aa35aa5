package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
)

// kubectlValidate has the schemas of Kubernetes inside. Its build takes some minutes.
const (
	kubectlValidate   = "sigs.k8s.io/kubectl-validate@v0.0.4"
	kubernetesVersion = "1.30" // the newest that it knows
)

// kubernetes validates the manifest as the API server of Kubernetes does.
func kubernetes(ctx context.Context, c *check) error {
	validate, err := c.tool(ctx, kubectlValidate)
	if err != nil {
		return err
	}
	return command(ctx, c.root, validate, "--version", kubernetesVersion, filepath.Join("deploy", "kubernetes.yaml"))
}

// compose loads the compose file as docker compose does, which fails for what it does not
// know and for what is missing, and checks that no service has rights that it does not need.
func compose(ctx context.Context, c *check) error {
	out, err := output(ctx, filepath.Join(c.root, "release", "check", "compose"), "env", "CALLER_HASH=sha256:0",
		"go", "run", ".", filepath.Join(c.root, "deploy", "compose.yaml"))
	if err != nil {
		return err
	}
	var project struct {
		Services map[string]struct {
			Image       string
			ReadOnly    bool     `json:"read_only"`
			CapDrop     []string `json:"cap_drop"`
			SecurityOpt []string `json:"security_opt"`
		}
	}
	if err := json.Unmarshal([]byte(out), &project); err != nil {
		return err
	}
	ours := 0
	for name, service := range project.Services {
		if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) {
			return fmt.Errorf("the service %s may do more than it needs: %+v", name, service)
		}
		if service.Image == c.home.Image+":"+c.home.Version {
			ours++
		}
	}
	if ours != 3 {
		return fmt.Errorf("%d services of %d have the image of this release", ours, len(project.Services))
	}
	fmt.Printf("compose.yaml has %d services\n", len(project.Services))
	return nil
}
