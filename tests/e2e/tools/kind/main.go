// Command kind-kubeadm-config prints what kind hands to kubeadm on each node of a cluster, as JSON, and
// starts nothing: it runs kind's own step "Writing configuration" against nodes that only remember
// what is written to them.
//
//	kind-kubeadm-config KIND-CONFIG KUBERNETES-VERSION
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	configaction "sigs.k8s.io/kind/pkg/cluster/internal/create/actions/config"

	"sigs.k8s.io/kind/pkg/cluster/internal/create/actions"
	"sigs.k8s.io/kind/pkg/cluster/internal/providers"
	"sigs.k8s.io/kind/pkg/cluster/internal/providers/common"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/exec"
	"sigs.k8s.io/kind/pkg/internal/apis/config/encoding"
	"sigs.k8s.io/kind/pkg/internal/cli"
	"sigs.k8s.io/kind/pkg/log"
)

const (
	versionFile = "/kind/version"
	kubeadmFile = "/kind/kubeadm.conf"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: kind-kubeadm-config KIND-CONFIG KUBERNETES-VERSION"))
	}
	printed, err := kubeadmConfigs(os.Args[1], os.Args[2])
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(printed); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "kind-kubeadm-config: %v\n", err)
	os.Exit(1)
}

// kubeadmConfigs is the kubeadm configuration of each node, by the node's name.
func kubeadmConfigs(path, version string) (map[string]string, error) {
	cluster, err := encoding.Load(path)
	if err != nil {
		return nil, err
	}
	if err := cluster.Validate(); err != nil {
		return nil, err
	}
	made := provider{}
	name := common.MakeNodeNamer(cluster.Name)
	for i, each := range cluster.Nodes {
		made.nodes = append(made.nodes, &node{
			name:  name(string(each.Role)),
			role:  string(each.Role),
			ip:    fmt.Sprintf("172.18.0.%d", i+2),
			files: map[string]string{versionFile: version + "\n"},
		})
	}
	logger := log.NoopLogger{}
	step := actions.NewActionContext(logger, cli.StatusForLogger(logger), made, cluster)
	if err := configaction.NewAction().Execute(step); err != nil {
		return nil, err
	}
	written := map[string]string{}
	for _, each := range made.nodes {
		written[each.name] = each.files[kubeadmFile]
	}
	return written, nil
}

// provider has the nodes; what else kind's providers can do is never asked for, and would panic.
type provider struct {
	providers.Provider
	nodes []*node
}

func (p provider) String() string { return "docker" }

func (p provider) Info() (*providers.ProviderInfo, error) {
	return &providers.ProviderInfo{Cgroup2: true}, nil
}

func (p provider) ListNodes(string) ([]nodes.Node, error) {
	all := []nodes.Node{}
	for _, each := range p.nodes {
		all = append(all, each)
	}
	return all, nil
}

func (p provider) GetAPIServerInternalEndpoint(cluster string) (string, error) {
	return fmt.Sprintf("%s:%d", p.nodes[0].name, common.APIServerInternalPort), nil
}

// node remembers files. Commands on it are those that kind reads and writes files with.
type node struct {
	name, role, ip string
	files          map[string]string
}

func (n *node) String() string              { return n.name }
func (n *node) Role() (string, error)       { return n.role, nil }
func (n *node) IP() (string, string, error) { return n.ip, "", nil }
func (n *node) SerialLogs(io.Writer) error  { return nil }
func (n *node) Command(c string, a ...string) exec.Cmd {
	return &command{node: n, args: append([]string{c}, a...)}
}

func (n *node) CommandContext(_ context.Context, c string, a ...string) exec.Cmd {
	return n.Command(c, a...)
}

type command struct {
	node   *node
	args   []string
	stdin  io.Reader
	stdout io.Writer
}

func (c *command) SetEnv(...string) exec.Cmd      { return c }
func (c *command) SetStdin(r io.Reader) exec.Cmd  { c.stdin = r; return c }
func (c *command) SetStdout(w io.Writer) exec.Cmd { c.stdout = w; return c }
func (c *command) SetStderr(io.Writer) exec.Cmd   { return c }

func (c *command) Run() error {
	switch c.args[0] {
	case "cat":
		_, err := io.WriteString(c.stdout, c.node.files[c.args[1]])
		return err
	case "cp":
		content, err := io.ReadAll(c.stdin)
		c.node.files[c.args[2]] = string(content)
		return err
	case "mkdir":
		return nil
	}
	return fmt.Errorf("no node to run %v on", c.args)
}
