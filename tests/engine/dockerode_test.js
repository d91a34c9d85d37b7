// What tools written with dockerode do. Runs one of the scripts below against what DOCKER_HOST names
// and prints what it saw as JSON:
//
//   DOCKER_HOST=unix:///... node dockerode_test.js SCRIPT
'use strict';

const assert = require('node:assert');
const { PassThrough } = require('node:stream');
const zlib = require('node:zlib');
const Docker = require('dockerode');
const tar = require('tar-stream');

const image = 'busybox:test';
const outAndErr = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
const typed = `${'typed '.repeat(100)}\n`.repeat(100);
const docker = new Docker();

const text = async (stream) => {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
};

// A multiplexed stream to its end -> [stdout, stderr].
async function both(stream) {
  const streams = [new PassThrough(), new PassThrough()];
  const texts = streams.map(text);
  docker.modem.demuxStream(stream, ...streams);
  await new Promise((resolve) => stream.on('end', resolve).on('close', resolve));
  streams.forEach((each) => each.end());
  return Promise.all(texts);
}

const progress = (stream) => new Promise((resolve, reject) =>
  docker.modem.followProgress(stream, (error, lines) => error ? reject(error) : resolve(lines)));

// What the Engine answers to what cannot be done.
async function failure(promise) {
  const error = await promise.then(() => assert.fail('it was to fail'), (thrown) => thrown);
  return [error.statusCode, error.json && error.json.message || error.message];
}

function archive(files) {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name }, content);
  pack.finalize();
  return pack;
}

async function unpacked(stream) {
  const files = {};
  const extract = tar.extract();
  extract.on('entry', (header, entry, next) => {
    text(entry).then((content) => { files[header.name] = content.length; next(); });
  });
  await new Promise((resolve) => stream.pipe(extract).on('finish', resolve));
  return files;
}

const create = (options) => docker.createContainer({
  Image: image, HostConfig: { NetworkMode: 'none', Init: true }, ...options });

async function sleeper(options) {
  const container = await create({ Cmd: ['sleep', '100'], ...options });
  await container.start();
  return container;
}

const scripts = {
  async life() {
    const container = await create({ name: 'life', Cmd: ['sleep', '100'], Labels: { a: 'b' } });
    const seen = [];
    const step = async (name, options) => {
      await container[name](options);
      seen.push((await container.inspect()).State.Status);
    };
    await step('start', {});
    await step('pause');
    await step('unpause');
    await step('restart', { t: 0 });
    await step('stop', { t: 1 });
    await step('start');
    await step('kill', { signal: 'SIGKILL' });
    await container.wait({ condition: 'not-running' });
    await container.rename({ name: 'life2' });
    const named = (await container.inspect()).Name;
    const listed = await docker.listContainers({ all: true, filters: { label: ['a=b'] } });
    const titles = await docker.listContainers({ all: 1, limit: 1, size: true });
    await container.remove({ force: true, v: true });
    assert.strictEqual(named, '/life2');
    return [seen, listed.map((one) => [one.Names, one.State, one.Command]), titles.length,
      await failure(docker.getContainer('life2').inspect()),
      await failure(docker.getContainer('life2').start())];
  },

  async create() {
    const script = ['echo one', 'echo "two; three" && echo $A'].join('\n');
    const container = await docker.createContainer({
      name: 'all', platform: '', Image: image, Cmd: ['sh', '-c', script], Env: ['A=b c', 'D=é'],
      Hostname: 'all', User: '0:0', WorkingDir: '/tmp', Labels: { 'com.example/x': '{"y": 1}' },
      ExposedPorts: { '80/tcp': {} }, Tty: false, OpenStdin: false, Entrypoint: null,
      Volumes: { '/anonymous': {} }, StopSignal: 'SIGTERM', StopTimeout: 3,
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Retries: 3 },
      HostConfig: {
        Binds: ['data:/data:rw'], Tmpfs: { '/run': 'size=1m' }, NetworkMode: 'none', Init: true,
        PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18080' }] },
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 }, Memory: 64 << 20,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } }, CapDrop: ['ALL'],
        Mounts: [{ Type: 'volume', Source: 'more', Target: '/more' }], ExtraHosts: ['db:10.0.0.1'],
        SecurityOpt: ['no-new-privileges'], Ulimits: [{ Name: 'nofile', Soft: 64, Hard: 128 }],
        AutoRemove: false, Privileged: false, PidsLimit: 100, ReadonlyRootfs: true },
      NetworkingConfig: {},
    });
    await container.start();
    await container.wait();
    const logs = await container.logs({ stdout: true, stderr: true });
    assert.match(logs.toString(), /one\n.*two; three\n.*b c\n/s);
    const found = await container.inspect();
    return [found.Config, found.HostConfig, found.Name];
  },

  async run() {
    const streams = [new PassThrough(), new PassThrough()];
    const texts = streams.map(text);
    const [result, container] = await docker.run(image, outAndErr, streams,
      { HostConfig: { NetworkMode: 'none', AutoRemove: false }, Tty: false }, {});
    streams.forEach((each) => each.end());
    await container.remove();
    const printed = await Promise.all(texts);
    assert.deepStrictEqual([result.StatusCode, ...printed], [3, 'out\n', 'err\n']);
    return [result, printed];
  },

  async attach() {
    const container = await create({ Cmd: ['sh', '-c', 'cat; echo end >&2'], OpenStdin: true,
      StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true,
      hijack: true });
    const printed = both(stream);
    await container.start();
    stream.end(typed);
    const [out, err] = await printed;
    const status = await container.wait();
    assert.deepStrictEqual([out, err, status.StatusCode], [typed, 'end\n', 0]);
    const again = await container.attach({ logs: true, stream: false, stdout: true });
    return [out, err, status, (await both(again))[0].length];
  },

  async terminal() {
    const container = await create({ Cmd: ['sh'], OpenStdin: true, Tty: true });
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true,
      hijack: true });
    const printed = text(stream);
    await container.start();
    await container.resize({ h: 20, w: 70 });
    stream.write('stty size; exit 5\n');
    const { StatusCode } = await container.wait();
    assert.match(await printed, /20 70/);
    return StatusCode;
  },

  async exec() {
    const container = await sleeper();
    const start = async (options, how) => {
      const exec = await container.exec({ AttachStdout: true, AttachStderr: true, ...options });
      return [exec, await exec.start(how)];
    };
    const [plain, shown] = await start(
      { Cmd: outAndErr, Env: ['A=b'], WorkingDir: '/tmp' }, {});
    const seen = [await both(shown), (await plain.inspect()).ExitCode];
    assert.deepStrictEqual(seen, [['out\n', 'err\n'], 3]);
    const [, hijacked] = await start({ Cmd: ['cat'], AttachStdin: true },
      { hijack: true, stdin: true });
    hijacked.end(typed);
    seen.push(await both(hijacked));
    assert.strictEqual(seen[2][0], typed);
    const [, terminal] = await start({ Cmd: ['sh', '-c', 'test -t 1; echo $?'], Tty: true },
      { hijack: true, stdin: false, Tty: true, Detach: false });
    seen.push(await text(terminal));
    const [detached] = await start({ Cmd: ['true'] }, { Detach: true });
    seen.push((await detached.inspect()).ProcessConfig);
    return seen;
  },

  // Without `hijack` a body is written while it is made, in chunks.
  async chunked() {
    const container = await sleeper();
    const exec = await container.exec({ Cmd: ['echo', 'chunks'], AttachStdout: true });
    return both(await exec.start({ stdin: true }));
  },

  async logs() {
    const container = await create({ Cmd: ['sh', '-c',
      'for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.2; done'] });
    await container.start({});
    const followed = await both(await container.logs({ follow: true, stdout: true, stderr: true }));
    assert.deepStrictEqual(followed, ['1\n2\n3\n', 'e1\ne2\ne3\n']);
    const once = await container.logs({ stdout: true, tail: 10, since: 0, timestamps: false });
    const stats = await container.stats({ stream: false });
    return [followed, once.toString(), Object.keys(stats).sort()];
  },

  async inside() {
    const container = await sleeper();
    const top = await container.top({ ps_args: '-o pid,comm' });
    const stream = await container.stats({ stream: true });
    const [first] = await new Promise((resolve) => stream.once('data', (...all) => resolve(all)));
    stream.destroy();
    return [top.Titles, top.Processes.length, JSON.parse(first).id === container.id];
  },

  async archives() {
    const container = await create({ Cmd: ['true'] });
    await container.putArchive(archive({ in: 'x'.repeat(300000), more: 'y' }), { path: '/tmp' });
    const got = await unpacked(await container.getArchive({ path: '/tmp' }));
    assert.strictEqual(got['tmp/in'], 300000);
    const status = await container.infoArchive({ path: '/tmp/in' });
    const exported = Object.keys(await unpacked(await container.export())).includes('tmp/in');
    return [got, Boolean(status.headers['x-docker-container-path-stat']), exported,
      (await container.changes() || []).map((change) => change.Path).sort(),
      await failure(container.getArchive({ path: '/nothing' }))];
  },

  async build() {
    const context = archive({ Dockerfile: `FROM ${image}\nARG A\nCOPY file /file\n` +
      'RUN echo $A > /a\nCMD ["sh", "-c", "cat /a /file"]\n', file: 'context\n' });
    const lines = await progress(await docker.buildImage(context, { t: ['built:1', 'built:2'],
      buildargs: { A: 'given' }, labels: { a: 'b' }, networkmode: 'none', nocache: true,
      rm: true, forcerm: true, pull: false, q: false }));
    const steps = lines.map((line) => line.stream || '').join('');
    const output = new PassThrough();
    const printed = text(output);
    const [, container] = await docker.run('built:1', [], output,
      { HostConfig: { NetworkMode: 'none' }, Cmd: undefined });
    output.end();
    await container.remove();
    assert.strictEqual(await printed, 'given\r\ncontext\r\n');  // run gives a terminal
    const broken = await progress(await docker.buildImage(
      archive({ Dockerfile: `FROM ${image}\nRUN exit 3\n` }), { networkmode: 'none', rm: true }));
    const { error } = broken.find((line) => line.error);
    const removed = [];
    for (const name of ['built:1', 'built:2']) removed.push(await docker.getImage(name).remove());
    return [steps.replace(/\b[0-9a-f]{12}\b/g, 'ID'), error, removed.map((all) => all.length)];
  },

  async images() {
    const found = docker.getImage(image);
    await found.tag({ repo: 'tagged', tag: '1', force: true });
    const names = (await docker.listImages({ filters: { reference: ['tagged'] }, all: false }))
      .flatMap((each) => each.RepoTags);
    const saved = await docker.getImage('tagged:1').get();
    const chunks = [];
    for await (const piece of saved) chunks.push(piece);
    await docker.getImage('tagged:1').remove({ force: true });
    const load = await progress(await docker.loadImage(PassThrough.from(chunks), { quiet: true }));
    await docker.getImage('tagged:1').remove();
    const file = archive({ file: 'f' });
    await progress(await docker.importImage(file, { repo: 'imported', tag: '1' }));
    await docker.getImage('imported:1').remove();
    return [names, load.map((line) => line.stream), (await found.history()).length,
      (await docker.pruneImages({ filters: { dangling: ['true'] } })).SpaceReclaimed,
      await failure(docker.getImage('nothing:1').inspect())];
  },

  async pull() {
    return [await failure(docker.pull('127.0.0.1:9/nothing:1')),
      await failure(docker.createImage({ fromImage: '127.0.0.1:9/nothing', tag: '2' }))];
  },

  async volumes() {
    await docker.createVolume({ Name: 'kept', Labels: { a: 'b' }, Driver: 'local' });
    await create({ Cmd: ['true'], HostConfig: { NetworkMode: 'none', Binds: ['kept:/v:ro'] } });
    const { Volumes } = await docker.listVolumes({ filters: { label: ['a=b'] } });
    const busy = await failure(docker.getVolume('kept').remove());
    await docker.pruneContainers({ filters: {} });
    await docker.getVolume('kept').remove({ force: true });
    await docker.createVolume({});
    const pruned = await docker.pruneVolumes();
    return [Volumes.map((each) => [each.Name, each.Driver, each.Labels]), busy[0],
      pruned.VolumesDeleted.length];
  },

  async networks() {
    const network = await docker.createNetwork({ Name: 'front', Driver: 'bridge', Internal: true,
      CheckDuplicate: true, Labels: { a: 'b' },
      IPAM: { Config: [{ Subnet: '10.213.79.0/24', Gateway: '10.213.79.1' }] } });
    await sleeper({ name: 'server', HostConfig: { NetworkMode: 'front', Init: true },
      NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['alias'] } } } });
    const other = await create({ name: 'other', HostConfig: { NetworkMode: 'bridge' } });
    await network.connect({ Container: other.id, EndpointConfig: { Aliases: ['second'] } });
    const found = await network.inspect();
    const ends = Object.values(found.Containers).map((each) => [each.Name, each.IPv4Address]);
    const aliases = (await other.inspect()).NetworkSettings.Networks.front.Aliases[0];
    await network.disconnect({ Container: 'server', Force: true });
    await network.disconnect({ Container: other.id });
    const listed = await docker.listNetworks({ filters: { name: ['front'] } });
    await network.remove();
    return [ends, aliases, found.Labels, found.IPAM, listed.map((each) => each.Name),
      await failure(network.inspect()).then((all) => all[0]),
      Object.keys(await docker.pruneNetworks())];
  },

  async events() {
    const stream = await docker.getEvents({ filters: { type: ['volume'], volume: ['seen'] } });
    const seen = [];
    const enough = new Promise((resolve) => stream.on('data', (piece) => {
      for (const line of piece.toString().trim().split('\n')) seen.push(JSON.parse(line).Action);
      if (seen.includes('destroy')) resolve();
    }));
    await docker.createVolume({ Name: 'seen' });
    await docker.getVolume('seen').remove();
    await enough;
    stream.destroy();
    return seen;
  },

  async engine() {
    const [information, version, disk] =
      [await docker.info(), await docker.version(), await docker.df()];
    return [(await docker.ping()).toString(), information.ID, version.Version,
      Object.keys(disk).sort()];
  },

  async refused() {
    const packed = archive({ packed: 'z' }).pipe(zlib.createGzip());
    return [await failure(create({ Cmd: ['true'], HostConfig: { Privileged: true } })),
      await failure(create({ Cmd: ['true'], HostConfig: { Binds: ['/:/host'] } })),
      await failure(sleeper().then((made) => made.exec({ Cmd: ['true'], Privileged: true }))),
      await failure(create().then((made) => made.putArchive(packed, { path: '/tmp' })))];
  },
};

scripts[process.argv[2]]().then(
  (seen) => process.stdout.write(JSON.stringify(seen), () => process.exit(0)),
  (error) => { console.error(error); process.exit(1); });
