/** control-plane/free-port.ts — ports of the loopback interface that nobody listens on. */
import { createServer, type Server } from 'node:net'

/**
 * As many different ports as asked for. Another program may take one before it is used: who starts a server on such
 * a port looks for `isPortTaken` in its log and tries again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held at once, or the system would name the same one twice.
  const servers = await Promise.all(Array.from({ length: count }, listen))
  const ports = servers.map(portOf)
  await Promise.all(servers.map(close))
  return ports
}

/** What Go servers write when another program has their port. */
export function isPortTaken(log: string): boolean {
  return log.includes('address already in use')
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
  })
}
