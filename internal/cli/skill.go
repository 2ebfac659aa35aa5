package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"papi-mcp/skills"
)

func newSkill(s *streams) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "skill",
		Short: "Write the Agent Skill, for agents that call papi-mcp in a shell",
		Long: `Write the Agent Skill of papi-mcp into the skills folder of an agent: how to find and
call the tools in a shell, what a person confirms, and the guides. An agent that has
the server as an MCP server does not need it.

Without -o it prints SKILL.md, the page that an agent reads first. With -o it writes
the folder ` + skills.Name + ` with all pages, and replaces those of an earlier
version. docs/skill.md has the folders of agents.`,
		Example: `  papi-mcp skill
  papi-mcp skill -o ~/.claude/skills   # Claude Code
  papi-mcp skill -o ~/.agents/skills   # Codex, Gemini CLI, VS Code, Cursor, Zed
  papi-mcp skill -o .agents/skills     # for one project`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("output") {
				fmt.Fprint(s.out, skills.Files()[0].Text)
				return nil
			}
			if folder == "" {
				return usage("-o needs a folder, such as ~/.claude/skills")
			}
			written := filepath.Join(folder, skills.Name)
			if err := writeSkill(written); err != nil {
				return failed(err)
			}
			fmt.Fprintf(s.out, "Wrote the skill to %s\n", written)
			return nil
		},
	}
	cmd.Flags().StringVarP(&folder, "output", "o", "", "write to this folder, which has the skills of an agent")
	return cmd
}

func writeSkill(folder string) error {
	for _, file := range skills.Files() {
		path := filepath.Join(folder, filepath.FromSlash(file.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.Text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
