package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"log"
	"math/big"
	"net"
	"strings"
	"time"
)

const (
	bodyBytes  = 1024
	chunkBytes = 256 * 1024
)

// serve answers every name with its own address, every path with 1 KiB, and /stream with endless bytes.
func serve(address string) {
	go names(net.ParseIP(address).To4())
	for _, port := range []string{"80", "8080"} {
		go accept(listen(net.JoinHostPort(address, port)))
	}
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned()}}
	secure := tls.NewListener(listen(net.JoinHostPort(address, "443")), config)
	fmt.Println("ready")
	accept(secure)
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go answer(connection)
	}
}

func answer(connection net.Conn) {
	defer connection.Close()
	body := strings.Repeat("x", bodyBytes)
	small := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", bodyBytes, body))
	reader := bufio.NewReaderSize(connection, 4096)
	for {
		first, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		for line := first; line != "\r\n"; {
			if line, err = reader.ReadString('\n'); err != nil {
				return
			}
		}
		if strings.Contains(first, "/stream ") {
			pour(connection)
			return
		}
		if _, err := connection.Write(small); err != nil {
			return
		}
	}
}

func pour(connection net.Conn) {
	if _, err := connection.Write([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")); err != nil {
		return
	}
	chunk := make([]byte, chunkBytes)
	for {
		if _, err := connection.Write(chunk); err != nil {
			return
		}
	}
}

// names is a name server that knows one address.
func names(address net.IP) {
	socket, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		log.Fatal(err)
	}
	const header, typeA, response, ttl = 12, 1, 0x8180, 3600
	message := make([]byte, 512)
	for {
		size, client, err := socket.ReadFrom(message)
		if err != nil {
			log.Fatal(err)
		}
		end := header
		for end < size && message[end] != 0 {
			end += int(message[end]) + 1
		}
		end += 5
		if end > size {
			continue
		}
		answers := 0
		reply := append([]byte(nil), message[:end]...)
		if binary.BigEndian.Uint16(message[end-4:]) == typeA {
			answers = 1
			reply = append(reply, 0xc0, header, 0, typeA, 0, 1)
			reply = binary.BigEndian.AppendUint32(reply, ttl)
			reply = append(reply, 0, 4)
			reply = append(reply, address...)
		}
		binary.BigEndian.PutUint16(reply[2:], response)
		binary.BigEndian.PutUint16(reply[6:], uint16(answers))
		binary.BigEndian.PutUint32(reply[8:], 0)
		socket.WriteTo(reply, client)
	}
}

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: key}
}
