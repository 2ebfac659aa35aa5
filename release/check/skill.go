package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"papi-mcp/skills"
)

// skill has the program write its Agent Skill, which must be the one in the repository,
// where plugins take it from, and serve it. The SDK's client and the Inspector validate
// what is served, by the rules of Agent Skills and of the Skills extension.
func skill(ctx context.Context, c *check) error {
	written := filepath.Join(c.tmp, "skills")
	if err := command(ctx, c.tmp, c.binaries[host], "skill", "-o", written); err != nil {
		return err
	}
	inRepository := filepath.Join(c.root, "skills", skills.Name)
	files := 0
	err := filepath.WalkDir(inRepository, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		name, err := filepath.Rel(inRepository, path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(written, skills.Name, name))
		if err == nil && !bytes.Equal(got, want) {
			err = fmt.Errorf("%s: the program has another text", name)
		}
		return err
	})
	if err == nil && files != len(skills.Files()) {
		err = fmt.Errorf("%d files, and the program has %d", files, len(skills.Files()))
	}
	if err != nil {
		return fmt.Errorf("skills/%s: %w", skills.Name, err)
	}
	if metadata, _ := skills.Frontmatter()["metadata"].(map[string]any); metadata["version"] != c.home.Version {
		return fmt.Errorf("the skill is of version %v, want %s", metadata["version"], c.home.Version)
	}
	return c.clientScript(ctx, "skills.mjs", nil, c.binaries[host], "serve", "--sandbox")
}
