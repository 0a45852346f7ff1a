/// The contract of the HTTP API, served at /openapi.json; made from docs/openapi.json by scripts/embed-openapi.
enum OpenAPI {
    static let document = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "harness-agent",
            "version": "1",
            "description": "A board's agent: takes compiled modules and data sets by their SHA-256, runs one job at a time on each device, and tells what happened as an ordered stream of events. Everything but /healthz wants the bearer token if the agent has one.",
            "license": {
              "name": "Apache-2.0",
              "identifier": "Apache-2.0"
            }
          },
          "servers": [
            {
              "url": "http://127.0.0.1:7411"
            }
          ],
          "security": [
            {
              "bearer": []
            },
            {}
          ],
          "paths": {
            "/healthz": {
              "get": {
                "summary": "Whether the agent lives; needs no token",
                "security": [
                  {}
                ],
                "responses": {
                  "200": {
                    "description": "It does",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": [
                            "status"
                          ],
                          "properties": {
                            "status": {
                              "const": "ok"
                            }
                          }
                        }
                      }
                    }
                  }
                }
              }
            },
            "/metrics": {
              "get": {
                "summary": "Counts for Prometheus",
                "responses": {
                  "200": {
                    "description": "Prometheus text format 0.0.4",
                    "content": {
                      "text/plain": {
                        "schema": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/openapi.json": {
              "get": {
                "summary": "This contract",
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/info": {
              "get": {
                "summary": "Who and what the board is",
                "responses": {
                  "200": {
                    "description": "The agent, the board, its devices, its TVM",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/AgentInfo"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/blobs/query": {
              "post": {
                "summary": "Which of these blobs are missing?",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/BlobQuery"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "Those that are not here whole, in the order asked",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/BlobQueryAnswer"
                        }
                      }
                    }
                  },
                  "400": {
                    "description": "The body is not valid (invalid-request)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/blobs/{sha256}": {
              "parameters": [
                {
                  "name": "sha256",
                  "in": "path",
                  "required": true,
                  "schema": {
                    "$ref": "#/components/schemas/Digest"
                  }
                }
              ],
              "get": {
                "summary": "A blob's bytes",
                "responses": {
                  "200": {
                    "description": "The bytes",
                    "content": {
                      "application/octet-stream": {}
                    }
                  },
                  "404": {
                    "description": "Not here (not-found); Upload-Offset says how many bytes of an upload are held",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              },
              "head": {
                "summary": "Whether a blob is here",
                "responses": {
                  "200": {
                    "description": "It is"
                  },
                  "404": {
                    "description": "It is not",
                    "headers": {
                      "Upload-Offset": {
                        "schema": {
                          "type": "integer"
                        },
                        "description": "Bytes of an interrupted upload; the next PUT continues there"
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              },
              "put": {
                "summary": "Send a blob, or the rest of one",
                "parameters": [
                  {
                    "name": "Upload-Offset",
                    "in": "header",
                    "schema": {
                      "type": "integer",
                      "default": 0
                    },
                    "description": "Where these bytes begin"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/octet-stream": {}
                  }
                },
                "responses": {
                  "201": {
                    "description": "Whole, verified, visible"
                  },
                  "204": {
                    "description": "It was here already"
                  },
                  "409": {
                    "description": "Upload-Offset is not what is held (offset-mismatch, held_bytes)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "422": {
                    "description": "The bytes have another digest (hash-mismatch); what was held is forgotten",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "507": {
                    "description": "No room (disk-full)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/jobs": {
              "get": {
                "summary": "All jobs, oldest first",
                "responses": {
                  "200": {
                    "description": "Their states",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "array",
                          "items": {
                            "$ref": "#/components/schemas/JobStatus"
                          }
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              },
              "post": {
                "summary": "Run a module; the same id with the same content is the same job",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/JobRequest"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "Queued",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/JobStatus"
                        }
                      }
                    }
                  },
                  "200": {
                    "description": "Known already",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/JobStatus"
                        }
                      }
                    }
                  },
                  "400": {
                    "description": "Not valid (invalid-request)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "409": {
                    "description": "blobs-missing with the list, or job-conflict",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "422": {
                    "description": "wrong-architecture, tvm-version-mismatch, tvm-missing, device-missing, runner-missing or dataset-invalid",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "503": {
                    "description": "The agent is stopping (shutting-down)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/jobs/{id}": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "schema": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"
                  }
                }
              ],
              "get": {
                "summary": "How a job stands",
                "responses": {
                  "200": {
                    "description": "Its state",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/JobStatus"
                        }
                      }
                    }
                  },
                  "404": {
                    "description": "Never posted here (not-found)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              },
              "delete": {
                "summary": "Cancel a job; an ended one stays as it is",
                "responses": {
                  "202": {
                    "description": "Its state; it ends soon",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/JobStatus"
                        }
                      }
                    }
                  },
                  "404": {
                    "description": "Never posted here (not-found)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            },
            "/v1/jobs/{id}/events": {
              "parameters": [
                {
                  "name": "id",
                  "in": "path",
                  "required": true,
                  "schema": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"
                  }
                }
              ],
              "get": {
                "summary": "A job's events, held open until its last",
                "parameters": [
                  {
                    "name": "after",
                    "in": "query",
                    "schema": {
                      "type": "integer",
                      "minimum": 0,
                      "default": 0
                    },
                    "description": "Only events with a greater number"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "One JobEvent a line",
                    "content": {
                      "application/x-ndjson": {
                        "schema": {
                          "$ref": "#/components/schemas/JobEvent"
                        }
                      }
                    }
                  },
                  "404": {
                    "description": "Never posted here (not-found)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  },
                  "401": {
                    "description": "The token is missing or wrong (unauthorised)",
                    "content": {
                      "application/problem+json": {
                        "schema": {
                          "$ref": "#/components/schemas/Problem"
                        }
                      }
                    }
                  }
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "bearer": {
                "type": "http",
                "scheme": "bearer"
              }
            },
            "schemas": {
              "Digest": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "SHA-256, lowercase hexadecimal"
              },
              "Problem": {
                "type": "object",
                "required": [
                  "type",
                  "title",
                  "status",
                  "detail",
                  "code"
                ],
                "properties": {
                  "type": {
                    "type": "string"
                  },
                  "title": {
                    "type": "string"
                  },
                  "status": {
                    "type": "integer"
                  },
                  "detail": {
                    "type": "string",
                    "description": "What went wrong and how it may be remedied"
                  },
                  "code": {
                    "type": "string",
                    "description": "Stable; docs/protocol.md lists them"
                  },
                  "missing": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Digest"
                    }
                  },
                  "held_bytes": {
                    "type": "integer"
                  }
                },
                "description": "RFC 9457"
              },
              "AgentInfo": {
                "type": "object",
                "required": [
                  "agent",
                  "board",
                  "emulated",
                  "devices",
                  "runners",
                  "running_jobs",
                  "queued_jobs"
                ],
                "properties": {
                  "agent": {
                    "type": "object",
                    "required": [
                      "version",
                      "api",
                      "instance",
                      "started_at"
                    ],
                    "properties": {
                      "version": {
                        "type": "string"
                      },
                      "api": {
                        "type": "string"
                      },
                      "instance": {
                        "type": "string",
                        "description": "The same board after a restart"
                      },
                      "started_at": {
                        "type": "string"
                      }
                    }
                  },
                  "board": {
                    "type": "object",
                    "required": [
                      "architecture",
                      "cpu_features",
                      "cores",
                      "page_size_bytes",
                      "kernel"
                    ],
                    "properties": {
                      "cpu_model": {
                        "type": "string"
                      },
                      "architecture": {
                        "type": "string"
                      },
                      "cpu_features": {
                        "type": "array",
                        "items": {
                          "type": "string"
                        }
                      },
                      "cores": {
                        "type": "integer"
                      },
                      "memory_bytes": {
                        "type": "integer"
                      },
                      "page_size_bytes": {
                        "type": "integer"
                      },
                      "os_name": {
                        "type": "string"
                      },
                      "kernel": {
                        "type": "string"
                      },
                      "glibc": {
                        "type": "string"
                      },
                      "hypervisor": {
                        "type": "string"
                      },
                      "container": {
                        "type": "string"
                      },
                      "governor": {
                        "type": "string"
                      },
                      "frequency_khz": {
                        "type": "integer"
                      }
                    }
                  },
                  "emulated": {
                    "type": "boolean",
                    "description": "Times mean nothing"
                  },
                  "devices": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": [
                        "name",
                        "kind",
                        "description"
                      ],
                      "properties": {
                        "name": {
                          "type": "string"
                        },
                        "kind": {
                          "type": "string"
                        },
                        "description": {
                          "type": "string"
                        }
                      }
                    }
                  },
                  "tvm": {
                    "type": "object",
                    "required": [
                      "version",
                      "ffi_version"
                    ],
                    "properties": {
                      "version": {
                        "type": "string"
                      },
                      "ffi_version": {
                        "type": "string"
                      }
                    }
                  },
                  "runtime_problem": {
                    "type": "string",
                    "description": "Why there is no tvm"
                  },
                  "runners": {
                    "type": "array",
                    "items": {
                      "type": "string"
                    }
                  },
                  "running_jobs": {
                    "type": "integer"
                  },
                  "queued_jobs": {
                    "type": "integer"
                  }
                }
              },
              "BlobQuery": {
                "type": "object",
                "required": [
                  "sha256"
                ],
                "properties": {
                  "sha256": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Digest"
                    }
                  }
                }
              },
              "BlobQueryAnswer": {
                "type": "object",
                "required": [
                  "missing"
                ],
                "properties": {
                  "missing": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": [
                        "sha256",
                        "held_bytes"
                      ],
                      "properties": {
                        "sha256": {
                          "$ref": "#/components/schemas/Digest"
                        },
                        "held_bytes": {
                          "type": "integer"
                        }
                      }
                    }
                  }
                }
              },
              "JobRequest": {
                "type": "object",
                "required": [
                  "id",
                  "bundle",
                  "runner",
                  "device",
                  "settings"
                ],
                "properties": {
                  "id": {
                    "type": "string"
                  },
                  "bundle": {
                    "type": "object",
                    "description": "bundle.json; docs/schemas/bundle.schema.json"
                  },
                  "dataset_sha256": {
                    "$ref": "#/components/schemas/Digest"
                  },
                  "runner": {
                    "type": "string",
                    "description": "tvm, or one the agent was given with --runner"
                  },
                  "device": {
                    "type": "string",
                    "description": "cpu:0"
                  },
                  "settings": {
                    "$ref": "#/components/schemas/RunSettings"
                  }
                }
              },
              "RunSettings": {
                "type": "object",
                "required": [
                  "scenario",
                  "min_duration_ns",
                  "min_queries",
                  "max_queries",
                  "warm_up_max_calls",
                  "warm_up_max_duration_ns",
                  "seed",
                  "time_limit_ns"
                ],
                "properties": {
                  "scenario": {
                    "const": "single-stream"
                  },
                  "min_duration_ns": {
                    "type": "integer"
                  },
                  "min_queries": {
                    "type": "integer"
                  },
                  "max_queries": {
                    "type": "integer"
                  },
                  "warm_up_max_calls": {
                    "type": "integer"
                  },
                  "warm_up_max_duration_ns": {
                    "type": "integer"
                  },
                  "threads": {
                    "type": "integer"
                  },
                  "seed": {
                    "type": "integer"
                  },
                  "time_limit_ns": {
                    "type": "integer"
                  },
                  "memory_limit_bytes": {
                    "type": "integer"
                  }
                }
              },
              "JobState": {
                "enum": [
                  "queued",
                  "running",
                  "succeeded",
                  "failed",
                  "timed-out",
                  "cancelled",
                  "lost"
                ]
              },
              "Failure": {
                "type": "object",
                "required": [
                  "code",
                  "message"
                ],
                "properties": {
                  "code": {
                    "type": "string"
                  },
                  "message": {
                    "type": "string"
                  }
                }
              },
              "JobStatus": {
                "type": "object",
                "required": [
                  "id",
                  "state",
                  "device",
                  "queue_position",
                  "last_event"
                ],
                "properties": {
                  "id": {
                    "type": "string"
                  },
                  "state": {
                    "$ref": "#/components/schemas/JobState"
                  },
                  "failure": {
                    "$ref": "#/components/schemas/Failure"
                  },
                  "device": {
                    "type": "string"
                  },
                  "queue_position": {
                    "type": "integer"
                  },
                  "last_event": {
                    "type": "integer"
                  }
                }
              },
              "JobEvent": {
                "type": "object",
                "required": [
                  "number",
                  "at",
                  "event"
                ],
                "properties": {
                  "number": {
                    "type": "integer",
                    "description": "From 1, without a gap"
                  },
                  "at": {
                    "type": "string",
                    "description": "By the board's clock; for people"
                  },
                  "event": {
                    "enum": [
                      "queued",
                      "started",
                      "runner",
                      "ended"
                    ]
                  },
                  "process_id": {
                    "type": "integer"
                  },
                  "runner": {
                    "type": "object",
                    "description": "A runner's event; docs/protocol.md"
                  },
                  "state": {
                    "$ref": "#/components/schemas/JobState"
                  },
                  "failure": {
                    "$ref": "#/components/schemas/Failure"
                  },
                  "max_resident_bytes": {
                    "type": "integer"
                  }
                }
              }
            }
          }
        }

        """#
}
