package main

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// client sends requests to the site, through a proxy or directly.
type client struct {
	proxy, site, credentials, host string
	tls                            bool
}

// patience is longer than any proxy that answers at all takes.
const patience = 10 * time.Second

// stream is a connection to the site, or to a proxy.
type stream struct {
	connection net.Conn
	reader     *bufio.Reader
}

func over(connection net.Conn) stream {
	return stream{connection, bufio.NewReaderSize(connection, 4096)}
}

func dial(address string) (stream, error) {
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return stream{}, err
	}
	return over(connection), nil
}

// authorization is a header line, or empty.
func (c client) authorization() string {
	if c.credentials == "" {
		return ""
	}
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(c.credentials)) + "\r\n"
}

// open connects to the site: through a tunnel if there is a proxy, with TLS inside if requested.
func (c client) open() (stream, error) {
	port := "8080"
	if c.tls {
		port = "443"
	}
	address := c.proxy
	if address == "" {
		address = net.JoinHostPort(c.site, port)
	}
	way, err := dial(address)
	if err != nil {
		return way, err
	}
	way.connection.SetDeadline(time.Now().Add(patience))
	defer way.connection.SetDeadline(time.Time{})
	if c.proxy != "" {
		target := net.JoinHostPort(c.host, port)
		request := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, target, c.authorization())
		if err := way.ask(request); err != nil {
			way.connection.Close()
			return way, err
		}
	}
	if !c.tls {
		return way, nil
	}
	config := &tls.Config{InsecureSkipVerify: true, ServerName: c.host, CurvePreferences: []tls.CurveID{tls.X25519}}
	secure := tls.Client(way.connection, config)
	if err := secure.Handshake(); err != nil {
		secure.Close()
		return way, err
	}
	return over(secure), nil
}

// refusal is the status line of a response other than 200.
type refusal string

func (r refusal) Error() string { return fmt.Sprintf("answered with %q", string(r)) }

// ask sends a request and reads the response's head.
func (s stream) ask(request string) error {
	_, err := s.head(request)
	return err
}

// head returns the length of the response's body.
func (s stream) head(request string) (length int, err error) {
	if _, err = io.WriteString(s.connection, request); err != nil {
		return 0, err
	}
	status, err := s.reader.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") && !strings.HasPrefix(status, "HTTP/1.0 200") {
		return 0, refusal(status)
	}
	for {
		line, err := s.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) == 2 {
			return length, nil
		}
		const name = "content-length: "
		if len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			length, err = strconv.Atoi(string(line[len(name) : len(line)-2]))
			if err != nil {
				return 0, err
			}
		}
	}
}

// get requests a path of the site, and reads the whole response.
func (s stream) get(url, host string) error {
	return s.fetch("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
}

func (s stream) fetch(request string) error {
	length, err := s.head(request)
	if err == nil {
		_, err = s.reader.Discard(length)
	}
	return err
}
