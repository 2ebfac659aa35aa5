package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"

	"papi-mcp/internal/store/pgtest"
	"papi-mcp/scripts/compare"
)

// compareReplicas compares one replica with several that share a PostgreSQL. Each client
// uses one of them, as behind a load balancer that hashes.
func (l *load) compareReplicas(ctx context.Context) (err error) {
	postgres, err := pgtest.Start()
	if err != nil {
		return err
	}
	defer postgres.Stop()
	projects := make([]string, callers)
	for i := range projects {
		projects[i] = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
	}
	var all []*process
	defer func() {
		for _, replica := range all {
			err = errors.Join(err, replica.stop())
		}
	}()
	for n := range l.replicas {
		replica, err := l.serve(ctx, projects, "--store", postgres.Database(), "--audit", "store", "--replica", fmt.Sprint("r", n))
		if err != nil {
			return err
		}
		all = append(all, replica)
	}
	for _, id := range projects {
		if err := confirmProject(all[0].url, id); err != nil {
			return err
		}
	}
	figures := fmt.Sprintf("| requests a second of %d clients, on %d cores | 1 replica | %d replicas | ratio | ratio of the processor time for a request |\n|---|---|---|---|---|\n", callers, runtime.NumCPU(), l.replicas)
	for _, kind := range []struct {
		name string
		work work
	}{{"reads (`webhook_list`), which don't use the database", readWebhooks}, {"writes with a confirmation and an audit log in the database", confirmedDelete(projects)}} {
		row, err := l.compare(kind.work, all[:1], all)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		figures += fmt.Sprintf("| %s | %s |\n", kind.name, row)
	}
	fmt.Print(figures)
	if l.update {
		return compare.WriteFigures("docs/deploy.md", "load", figures)
	}
	return nil
}

// compare returns the cells of the table for one kind of work.
func (l *load) compare(w work, one, several []*process) (string, error) {
	var a, b, ratios []float64
	var cpuOne, cpuSeveral usage
	for round := range l.rounds + 1 {
		single, err := cpuOne.rate(w, one...)
		if err != nil {
			return "", err
		}
		shared, err := cpuSeveral.rate(w, several...)
		if err != nil {
			return "", err
		}
		if round == 0 { // warm-up
			cpuOne, cpuSeveral = usage{}, usage{}
			continue
		}
		a, b, ratios = append(a, single), append(b, shared), append(ratios, shared/single)
	}
	return fmt.Sprintf("%.0f | %.0f | %.2f | %.2f", compare.Median(a), compare.Median(b), compare.Median(ratios), cpuSeveral.each()/cpuOne.each()), nil
}

// confirmProject confirms a project, for all replicas.
func confirmProject(url, id string) error {
	c, err := open(http.DefaultClient, url, "")
	if err != nil {
		return err
	}
	if _, err := c.tool("project_confirm", map[string]any{"projectId": id}); err != nil {
		return err
	}
	return c.close()
}

// confirmedDelete returns the work of creating a webhook in the client's project, asking for
// a confirmation of its deletion, and using that: three requests.
func confirmedDelete(projects []string) work {
	return func(c *client, caller int) (requests int64, err error) {
		made, err := c.tool("webhook_create", map[string]any{
			"projectId": projects[caller], "target": "https://example.com/load", "secret": "sixteen-or-more-signs", "triggers": []string{"ALL"},
		})
		if err != nil {
			return 0, err
		}
		arguments := map[string]any{"projectId": projects[caller], "webhookId": made.IDs["webhookId"]}
		asked, err := c.tool("webhook_delete", arguments)
		if err != nil {
			return 0, err
		}
		arguments["confirm"] = asked.Confirmation.Token
		if done, err := c.tool("webhook_delete", arguments); err != nil || done.Confirmation.Token != "" {
			return 0, fmt.Errorf("the confirmation was not accepted: %w", err)
		}
		return 3, nil
	}
}

// toolResult is what the work needs of a tool's result.
type toolResult struct {
	IDs          map[string]string `json:"ids"`
	ErrorCode    string            `json:"errorCode"`
	Confirmation struct {
		Token string `json:"token"`
	} `json:"confirmation"`
}

// tool calls a tool, which must not fail, unless it asks for a confirmation.
func (c *client) tool(name string, arguments map[string]any) (r toolResult, err error) {
	raw, err := json.Marshal(map[string]any{"name": name, "arguments": arguments})
	if err != nil {
		return r, err
	}
	a, err := c.request("tools/call", string(raw))
	if err != nil {
		return r, err
	}
	result := struct {
		StructuredContent *toolResult `json:"structuredContent"`
	}{&r}
	if a.status != http.StatusOK || json.Unmarshal(a.result, &result) != nil || r.ErrorCode != "" && r.Confirmation.Token == "" {
		return r, fmt.Errorf("%s: status %d, %.300s", name, a.status, a.result)
	}
	return r, nil
}
