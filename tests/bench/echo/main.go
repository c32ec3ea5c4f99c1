// The do-nothing extender: it decodes kube-scheduler's question into the protocol's own types, and
// echoes the names. What it costs is the floor that the protocol sets for an extender in Go.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"

	extender "k8s.io/kube-scheduler/extender/v1"
)

func main() {
	bind := flag.String("bind", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	http.HandleFunc("POST /filter", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(args *extender.ExtenderArgs) any {
			return extender.ExtenderFilterResult{Nodes: args.Nodes, NodeNames: args.NodeNames}
		})
	})
	http.HandleFunc("POST /prioritize", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(args *extender.ExtenderArgs) any { return priorities(args) })
	})
	listener, err := net.Listen("tcp", *bind)
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(2)
	}
	fmt.Println(listener.Addr())
	fmt.Fprintln(os.Stderr, "echo:", http.Serve(listener, nil))
	os.Exit(1)
}

func answer(w http.ResponseWriter, r *http.Request, reply func(*extender.ExtenderArgs) any) {
	var args extender.ExtenderArgs
	if err := json.NewDecoder(r.Body).Decode(&args); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := json.Marshal(reply(&args))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
	}
}

// One entry for each node, all with the same score.
func priorities(args *extender.ExtenderArgs) extender.HostPriorityList {
	list := extender.HostPriorityList{}
	if args.NodeNames != nil {
		for _, name := range *args.NodeNames {
			list = append(list, extender.HostPriority{Host: name})
		}
	} else if args.Nodes != nil {
		for i := range args.Nodes.Items {
			list = append(list, extender.HostPriority{Host: args.Nodes.Items[i].Name})
		}
	}
	return list
}
