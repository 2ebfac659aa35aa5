package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// cycloneDXSchemas is the module that has the JSON schemas of CycloneDX as files.
const cycloneDXSchemas = "github.com/CycloneDX/cyclonedx-go@v0.12.0"

// sboms validates the SBOM of each platform by CycloneDX's schema, and compares its
// components with the modules that Go has recorded in the program.
func sboms(ctx context.Context, c *check) error {
	module, err := moduleFolder(ctx, cycloneDXSchemas)
	if err != nil {
		return err
	}
	schema, err := compileSchema(filepath.Join(module, "schema"), "bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schemax.json")
	if err != nil {
		return err
	}
	for _, platform := range released {
		name := fmt.Sprintf("papi-mcp_%s_%s_%s.cdx.json", c.home.Version, platform.OS, platform.Arch)
		count, err := checkSBOM(schema, filepath.Join(c.dist, name), c.binaries[platform], "v"+c.home.Version)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%s is valid, and has the %d modules of the program\n", name, count)
	}
	return nil
}

// compileSchema compiles a JSON schema that refers to others in its folder.
func compileSchema(folder, name string, others ...string) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	var main string
	for _, file := range append(others, name) {
		raw, err := os.Open(filepath.Join(folder, file))
		if err != nil {
			return nil, err
		}
		parsed, err := jsonschema.UnmarshalJSON(raw)
		raw.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		// They refer to each other by the addresses that they have on the web.
		id, _ := parsed.(map[string]any)["$id"].(string)
		if err := compiler.AddResource(id, parsed); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		main = id // the last one
	}
	return compiler.Compile(main)
}

// checkSBOM returns how many modules an SBOM has.
func checkSBOM(schema *jsonschema.Schema, file, program, version string) (int, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		return 0, err
	}
	if err := schema.Validate(parsed); err != nil {
		return 0, err
	}
	type component struct{ Name, Version string }
	var bom struct {
		SerialNumber string
		Metadata     struct {
			Timestamp string
			Component component
		}
		Components []component
	}
	if err := json.Unmarshal(raw, &bom); err != nil {
		return 0, err
	}
	if bom.Metadata.Component != (component{"papi-mcp", version}) {
		return 0, fmt.Errorf("it is about %v", bom.Metadata.Component)
	}
	if bom.SerialNumber != "" || bom.Metadata.Timestamp != "" {
		return 0, fmt.Errorf("it has a serial number or a time, which differ in each build")
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return 0, err
	}
	want := []component{{"std", info.GoVersion}}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		want = append(want, component{module.Path, module.Version})
	}
	compare := func(a, b component) int { return strings.Compare(a.Name+" "+a.Version, b.Name+" "+b.Version) }
	slices.SortFunc(want, compare)
	slices.SortFunc(bom.Components, compare)
	if !slices.Equal(bom.Components, want) {
		return 0, fmt.Errorf("it has the components %v, and the program has the modules %v", bom.Components, want)
	}
	return len(want), nil
}
